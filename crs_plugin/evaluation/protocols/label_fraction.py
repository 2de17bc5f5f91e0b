"""Label efficiency: a share of the labels, and no more."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Annotated

import numpy as np
from annotated_types import Ge, Gt, Le, Len

from crs_plugin.data.dataset import FaceDataset
from crs_plugin.evaluation.context import EvaluationContext
from crs_plugin.evaluation.figures.encoder_curve import encoder_curve
from crs_plugin.evaluation.figures.file_name import file_name
from crs_plugin.evaluation.probing.few_labels import Budget, few_labels
from crs_plugin.evaluation.probing.linear_classifier import REGULARISATION, Ids
from crs_plugin.evaluation.probing.probe_data import ProbeData
from crs_plugin.evaluation.probing.probe_source import ProbeSource
from crs_plugin.evaluation.result import EvaluationResult
from crs_plugin.evaluation.shared_options import check_regularisation
from crs_plugin.expressions import ALL_EXPRESSIONS
from crs_plugin.registry import OpenFraction, Part, PositiveFloat, register

AXIS = "labels in per cent"

NOTE = (
    "Means over draws; an interval holds the middle 95 % over draws and bootstrap resamples of the"
    " test set, and of all labels there is one draw. Only the choice of C has seen more labels,"
    " those of the validation images."
)


@dataclass(frozen=True)
class _Share:
    """Draws a share of the images of each class, at least one of each."""

    fraction: float

    def __call__(self, labels: Ids, generator: np.random.Generator, /) -> Ids:
        drawn = []
        for label in np.unique(labels):
            members = np.flatnonzero(labels == label)
            number = max(1, round(self.fraction * len(members)))
            drawn.append(generator.permutation(members)[:number])
        return np.concatenate(drawn)


@register("evaluation", "label_fraction")
class LabelFraction:
    """Linear classifier that learns from a share of the labels, with the classes in proportion.

    Logistic regression on frozen features, standardised by all training images. Its regularisation
    is chosen on validation for each share; then it learns from new draws of the training images,
    and each draw is tested. The same draws serve the recipe's references.

    Args:
        title: Name in tables; by default that of the data.
        data: Data whose train split is drawn from and whose test split tests; by default the
            recipe's data.
        test_data: Other data to test on: their test split, or all where they have none.
        fractions: Shares of the labels, above 0 and at most 1.
        draws: How often each share below 1 is drawn.
        validation_fraction: Share of the training images that chooses the regularisation, where
            there is no valid split.
        regularisation: Inverse strengths C that are tried.
    """

    def __init__(
        self,
        *,
        title: str | None = None,
        data: Annotated[Callable[[], FaceDataset] | None, Part("dataset")] = None,
        test_data: Annotated[Callable[[], FaceDataset] | None, Part("dataset")] = None,
        fractions: Annotated[Sequence[Annotated[float, Gt(0), Le(1)]], Len(1)] = (0.01, 0.1, 1.0),
        draws: Annotated[int, Ge(2)] = 5,
        validation_fraction: OpenFraction = 0.2,
        regularisation: Annotated[Sequence[PositiveFloat], Len(1)] = REGULARISATION,
    ) -> None:
        check_regularisation("label_fraction", regularisation)
        self.title = title
        self.source = ProbeSource("label_fraction", data, test_data, validation_fraction)
        self.fractions = tuple(sorted(set(fractions)))
        self.draws = draws
        self.regularisation = tuple(regularisation)

    def check(self, context: EvaluationContext, /) -> None:
        """Open the data and see whether they can be divided; needs no encoder.

        Raises:
            InputError: If they cannot; the message says why.
        """
        self.source.divided(context)

    def test_parts(self, context: EvaluationContext, /) -> tuple[FaceDataset, ...]:
        """Return the images that are tested, for whoever looks for leaks."""
        return (self.source.divided(context).test,)

    def __call__(self, context: EvaluationContext, /) -> EvaluationResult:
        """Draw, learn and test for every encoder.

        Raises:
            InputError: As ``check``, or if an encoder's features are not finite.
        """
        probe = self.source.divided(context)
        labels = np.concatenate([probe.labels(probe.train), probe.labels(probe.valid)])
        title = self.title or f"{probe.data_names}, by share of the labels"
        percent = [_whole(float(f"{100 * fraction:g}")) for fraction in self.fractions]
        budgets = [
            Budget(
                f"{share:g} %", {AXIS: share}, _Share(fraction), 1 if fraction == 1 else self.draws
            )
            for share, fraction in zip(percent, self.fractions, strict=True)
        ]
        found = few_labels(context, probe, budgets, self.regularisation, title)
        drawing = encoder_curve(
            file_name("label_fraction", title),
            "UAR by share of the labels",
            AXIS,
            percent,
            found.curve("UAR"),
            chance=1 / len(probe.class_names),
        )
        return EvaluationResult(
            title=title,
            protocol=f"share of the labels, logistic regression, {self.draws} draws",
            measures=found.measures,
            drawings=(drawing,),
            headline=False,
            notes=(
                f"{_numbers(budgets, labels)} of {probe.train.name}, tested on"
                f" {len(probe.test):,} of {probe.test.name}.",
                NOTE,
                *self._rare(probe, labels),
                *found.notes,
                *probe.notes,
            ),
        )

    def _rare(self, probe: ProbeData, labels: Ids) -> list[str]:
        """Say which classes have one image at the smallest share."""
        counts = np.bincount(labels, minlength=len(probe.classes))
        smallest = self.fractions[0]
        rare = [
            ALL_EXPRESSIONS[fine]
            for fine, count in zip(probe.classes, counts, strict=True)
            if smallest * count < 1
        ]
        if not rare:
            return []
        return [f"At {100 * smallest:g} %, one image is more than the share of {', '.join(rare)}."]


def _whole(number: float) -> float:
    """Return a number as people write it: whole where it is."""
    return int(number) if number == int(number) else number


def _numbers(budgets: Sequence[Budget], labels: Ids) -> str:
    generator = np.random.default_rng(0)
    numbers = [(budget.words, len(budget.draw(labels, generator))) for budget in budgets]
    return ", ".join(f"{words} are {number:,} images" for words, number in numbers)
