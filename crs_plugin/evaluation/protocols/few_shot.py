"""Few-shot recognition: some labelled images of each class, and no more."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Annotated

import numpy as np
from annotated_types import Ge, Len

from crs_plugin.data.dataset import DataError, FaceDataset
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
from crs_plugin.registry import OpenFraction, Part, PositiveFloat, PositiveInt, register

AXIS = "images a class"

NOTE = (
    "Means over draws; an interval holds the middle 95 % over draws and bootstrap resamples of the"
    " test set: what one draw may give. Only the choice of C has seen more labels, those of the"
    " validation images."
)


@dataclass(frozen=True)
class _OfEachClass:
    """Draws so many images of each class, or all that there are."""

    images: int

    def __call__(self, labels: Ids, generator: np.random.Generator, /) -> Ids:
        drawn = [
            generator.permutation(np.flatnonzero(labels == label))[: self.images]
            for label in np.unique(labels)
        ]
        return np.concatenate(drawn)


@register("evaluation", "few_shot")
class FewShot:
    """Linear classifier that learns from a few images of each class, over many draws.

    Logistic regression on frozen features, standardised by all training images. Its regularisation
    is chosen on validation for each number of images; then it learns from new draws of the training
    images, and each draw is tested. Numbers that a class has too few images for are left out, which
    the notes say. The same draws serve the recipe's references.

    Args:
        title: Name in tables; by default that of the data.
        data: Data whose train split is drawn from and whose test split tests; by default the
            recipe's data.
        test_data: Other data to test on: their test split, or all where they have none.
        shots: Numbers of images of a class.
        draws: How often they are drawn.
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
        shots: Annotated[Sequence[PositiveInt], Len(1)] = (1, 5, 10, 50),
        draws: Annotated[int, Ge(2)] = 20,
        validation_fraction: OpenFraction = 0.2,
        regularisation: Annotated[Sequence[PositiveFloat], Len(1)] = REGULARISATION,
    ) -> None:
        check_regularisation("few_shot", regularisation)
        self.title = title
        self.source = ProbeSource("few_shot", data, test_data, validation_fraction)
        self.shots = tuple(sorted(set(shots)))
        self.draws = draws
        self.regularisation = tuple(regularisation)

    def check(self, context: EvaluationContext, /) -> None:
        """Open the data and see whether there are images enough; needs no encoder.

        Raises:
            InputError: If there are not; the message says why.
        """
        self._shots(self.source.divided(context))

    def test_parts(self, context: EvaluationContext, /) -> tuple[FaceDataset, ...]:
        """Return the images that are tested, for whoever looks for leaks."""
        return (self.source.divided(context).test,)

    def __call__(self, context: EvaluationContext, /) -> EvaluationResult:
        """Draw, learn and test for every encoder.

        Raises:
            InputError: As ``check``, or if an encoder's features are not finite.
        """
        probe = self.source.divided(context)
        shots, left_out = self._shots(probe)
        title = self.title or f"{probe.data_names}, few-shot"
        budgets = [
            Budget(f"{n} image{'s' * (n != 1)} a class", {AXIS: n}, _OfEachClass(n), self.draws)
            for n in shots
        ]
        found = few_labels(context, probe, budgets, self.regularisation, title)
        drawing = encoder_curve(
            file_name("few_shot", title),
            "UAR by images a class",
            AXIS,
            shots,
            found.curve("UAR"),
            chance=1 / len(probe.class_names),
        )
        drawn_from, tested = len(probe.train) + len(probe.valid), len(probe.test)
        data = (
            f"Drawn from {drawn_from:,} images of {probe.train.name}, tested on {tested:,} of"
            f" {probe.test.name}; {len(probe.class_names)} classes."
        )
        return EvaluationResult(
            title=title,
            protocol=f"few-shot, logistic regression, {self.draws} draws",
            measures=found.measures,
            drawings=(drawing,),
            headline=False,
            notes=(data, NOTE, *left_out, *found.notes, *probe.notes),
        )

    def _shots(self, probe: ProbeData) -> tuple[tuple[int, ...], list[str]]:
        counts = np.bincount(
            np.concatenate([probe.labels(probe.train), probe.labels(probe.valid)]),
            minlength=len(probe.classes),
        )
        fewest, rarest = int(counts.min()), ALL_EXPRESSIONS[probe.classes[counts.argmin()]]
        shots = tuple(n for n in self.shots if n <= fewest)
        if not shots:
            raise DataError(
                f"data set {probe.train.name}: few_shot needs at least {self.shots[0]:,} training"
                f" images of each class, and {rarest} has {fewest:,}; lower 'shots', or leave that"
                " class out"
            )
        left_out = ", ".join(f"{n:,}" for n in self.shots if n > fewest)
        why = f" images a class left out: {rarest} has {fewest:,} to train on."
        return shots, [left_out + why] if left_out else []
