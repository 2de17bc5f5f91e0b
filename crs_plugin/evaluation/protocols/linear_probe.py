"""The linear probe: a linear classifier on the features of the frozen encoder."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Annotated, Literal

import torch
from annotated_types import Len

from crs_plugin.data.dataset import FaceDataset
from crs_plugin.errors import InputError
from crs_plugin.evaluation.coarse_probe import coarse_probe, with_coarse_class
from crs_plugin.evaluation.context import EvaluationContext
from crs_plugin.evaluation.linear_classifier import (
    REGULARISATION,
    ChosenClassifier,
    Ids,
    LabelledFeatures,
    choice_in_words,
    choose_and_fit,
    note_on_end,
)
from crs_plugin.evaluation.probe_data import ProbeData, probe_data
from crs_plugin.evaluation.released_classifier import fit_and_select_on_test
from crs_plugin.evaluation.result import TRAINED, EvaluationResult, Target
from crs_plugin.evaluation.target import scored_target
from crs_plugin.models.encoder import Encoder
from crs_plugin.models.trained_classifier import Classifier
from crs_plugin.registry import OpenFraction, Part, PositiveFloat, register

RELEASED_NOTES = (
    "Protocol 'released': the epoch was chosen by its TEST accuracy, as the released code does, so"
    " the figures are optimistic and not comparable with those of the default protocol.",
    "Features were extracted once, without the released protocol's random crops and flips.",
)


@register("evaluation", "linear_probe")
class LinearProbe:
    """Linear classifier on frozen features; its strength chosen on validation, test seen once.

    By default logistic regression on standardised features. Its regularisation is chosen on the
    valid split of the training data or, without one, on a part of the training images with no
    person on both sides; then it is fitted on both and tested once. Classes are matched by name;
    those that training and test data do not share are left out, which the notes say. The same is
    done for the recipe's references.

    Args:
        title: Name of the target in tables; by default the names of the data.
        data: Data whose train split trains the classifier and whose test split tests it (a fifth
            is set aside where there are no splits); by default the recipe's data.
        test_data: Other data to test on: their test split, or all where they have none.
        labels: What the classifier tells apart: ``fine``, the expressions; or ``coarse``, the
            coarse classes of the recipe, which leaves out images of expressions without one.
        protocol: ``released`` trains as the released code does (SGD, learning rate 4, 100 epochs)
            and selects the epoch on the TEST set: for comparison only.
        validation_fraction: Share of the training images that chooses the regularisation.
        regularisation: Inverse strengths C that are tried.

    Raises:
        InputError: If options contradict one another.
    """

    def __init__(
        self,
        *,
        title: str | None = None,
        data: Annotated[Callable[[], FaceDataset] | None, Part("dataset")] = None,
        test_data: Annotated[Callable[[], FaceDataset] | None, Part("dataset")] = None,
        labels: Literal["fine", "coarse"] = "fine",
        protocol: Literal["default", "released"] = "default",
        validation_fraction: OpenFraction = 0.2,
        regularisation: Annotated[Sequence[PositiveFloat], Len(1)] = REGULARISATION,
    ) -> None:
        if not 0 < validation_fraction < 1:
            raise InputError(
                "linear_probe: validation_fraction must lie between 0 and 1, exclusive, not"
                f" {validation_fraction:g}"
            )
        if not regularisation:
            raise InputError("linear_probe: regularisation needs at least one value, such as [0.1]")
        if protocol == "released" and tuple(regularisation) != REGULARISATION:
            raise InputError(
                "linear_probe: protocol 'released' has no regularisation: leave the option out"
            )
        self.title = title
        self.data = data
        self.test_data = test_data
        self.labels = labels
        self.protocol = protocol
        self.validation_fraction = validation_fraction
        self.regularisation = tuple(regularisation)

    def check(self, context: EvaluationContext, /) -> None:
        """Open the data and see whether the probe can be made; needs no encoder.

        Raises:
            InputError: If it cannot; the message says why.
        """
        self._divide(context)

    def test_part(self, context: EvaluationContext, /) -> FaceDataset:
        """Return the images that are tested."""
        return self._divide(context).test

    def __call__(self, context: EvaluationContext, /) -> EvaluationResult:
        """Probe the trained and the random encoder.

        Raises:
            InputError: As ``check``, or if an encoder's features are not finite.
        """
        probe = self._divide(context)
        predictions: dict[str, Ids] = {}
        chosen: dict[str, str] = {}
        notes = list(RELEASED_NOTES if self.protocol == "released" else ())
        title, of = self._title(probe), len(context.encoders)
        made: dict[str, ChosenClassifier | None] = {}
        for done, which in enumerate(context.encoders):
            context.progress(f"linear probe: {title}", done, of)
            predictions[which], chosen[which], made[which] = self._predict(
                context, which, probe, notes
            )
        context.progress(f"linear probe: {title}", of, of)
        target = scored_target(
            title,
            probe.test,
            probe.labels(probe.test),
            predictions,
            probe.class_names,
            train_data=f"{probe.train.name}: {len(probe.train) + len(probe.valid):,} images",
            test_data=f"{probe.test.name}: {len(probe.test):,} images",
            seed=context.seed,
            chosen=chosen,
        )
        target = replace(target, classifier=_classifier(context, made[TRAINED], target))
        return EvaluationResult(
            title=title,
            protocol="linear probe"
            + " on coarse labels" * (self.labels == "coarse")
            + " (released protocol)" * (self.protocol == "released"),
            targets=(target,),
            notes=(*notes, *probe.notes),
        )

    def _divide(self, context: EvaluationContext) -> ProbeData:
        data = context.open(self.data)
        test_data = context.open(self.test_data) if self.test_data else None
        notes: list[str] = []
        if self.labels == "coarse":
            data = with_coarse_class(data, context.coarse_table, notes)
            test_data = test_data and with_coarse_class(test_data, context.coarse_table, notes)
        probe = probe_data(
            data, test_data, validation_fraction=self.validation_fraction, seed=context.seed
        )
        if self.labels == "fine":
            return probe
        return coarse_probe(replace(probe, notes=(*notes, *probe.notes)), context.coarse_table)

    def _title(self, probe: ProbeData) -> str:
        if self.title:
            return self.title
        names = dict.fromkeys([probe.train.name, probe.test.name])
        return " → ".join(names) + " (coarse)" * (self.labels == "coarse")

    def _predict(
        self, context: EvaluationContext, which: str, probe: ProbeData, notes: list[str]
    ) -> tuple[Ids, str, ChosenClassifier | None]:
        train, valid, test = (
            LabelledFeatures(context.features(which, part), probe.labels(part))
            for part in (probe.train, probe.valid, probe.test)
        )
        classes = len(probe.class_names)
        if self.protocol == "released":
            best = fit_and_select_on_test(
                train + valid,
                test,
                classes,
                context.seed,
                lambda done, of: context.progress(f"released protocol ({which})", done, of),
            )
            return best.predicted, f"epoch {best.epoch}, the best on TEST", None
        classifier = choose_and_fit(train, valid, classes, self.regularisation)
        values = [classifier.regularisation]
        notes += note_on_end(which, values, self.regularisation)
        words = choice_in_words(values, self.regularisation)
        return classifier.predict(test.features), words, classifier


def _classifier(
    context: EvaluationContext, chosen: ChosenClassifier | None, target: Target
) -> Classifier | None:
    """Return the classifier as an artefact; None where none can be used with an encoder of ours."""
    encoder = context.encoders[TRAINED]
    if chosen is None or not isinstance(encoder, Encoder):
        return None
    return Classifier(
        torch.from_numpy(chosen.weight),
        torch.from_numpy(chosen.bias),
        target.class_names,
        encoder.digest(),
        {"data": target.train_data, "tested on": target.test_data, "uar": target.trained.uar},
    )
