"""The linear probe: a linear classifier on the features of the frozen encoder."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Annotated, Literal

import torch
from annotated_types import Len

from crs_plugin.data.dataset import FaceDataset
from crs_plugin.errors import InputError
from crs_plugin.evaluation.context import EvaluationContext
from crs_plugin.evaluation.probing.linear_classifier import (
    REGULARISATION,
    ChosenClassifier,
    Ids,
    LabelledFeatures,
    choice_in_words,
    note_on_end,
)
from crs_plugin.evaluation.probing.probe_data import ProbeData
from crs_plugin.evaluation.probing.probe_fit import fit_probe
from crs_plugin.evaluation.probing.probe_source import ProbeSource
from crs_plugin.evaluation.probing.released_classifier import BestEpoch, fit_and_select_on_test
from crs_plugin.evaluation.result import TRAINED, EvaluationResult, Target
from crs_plugin.evaluation.scored_target import probe_target
from crs_plugin.evaluation.shared_options import check_regularisation
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
        if protocol == "released" and tuple(regularisation) != REGULARISATION:
            raise InputError(
                "linear_probe: protocol 'released' has no regularisation: leave the option out"
            )
        check_regularisation("linear_probe", regularisation)
        self.title = title
        self.source = ProbeSource("linear_probe", data, test_data, validation_fraction)
        self.labels = labels
        self.protocol = protocol
        self.regularisation = tuple(regularisation)

    def check(self, context: EvaluationContext, /) -> None:
        """Open the data and see whether the probe can be made; needs no encoder.

        Raises:
            InputError: If it cannot; the message says why.
        """
        self._divided(context)

    def test_parts(self, context: EvaluationContext, /) -> tuple[FaceDataset, ...]:
        """Return the images that are tested, for whoever looks for leaks."""
        return (self._divided(context).test,)

    def __call__(self, context: EvaluationContext, /) -> EvaluationResult:
        """Probe every encoder.

        Raises:
            InputError: As ``check``, or if an encoder's features are not finite.
        """
        probe = self._divided(context)
        predictions: dict[str, Ids] = {}
        chosen: dict[str, str] = {}
        notes = list(RELEASED_NOTES if self.protocol == "released" else ())
        title = self.title or probe.data_names + " (coarse)" * (self.labels == "coarse")
        of = len(context.encoders)
        made: dict[str, ChosenClassifier | None] = {}
        for done, which in enumerate(context.encoders):
            context.progress(f"linear probe: {title}", done, of)
            predictions[which], chosen[which], made[which] = self._predict(
                context, which, probe, notes
            )
        context.progress(f"linear probe: {title}", of, of)
        target = probe_target(title, probe, predictions, chosen, seed=context.seed)
        target = replace(target, classifier=_classifier(context, made[TRAINED], target))
        return EvaluationResult(
            title=title,
            protocol="linear probe"
            + " on coarse labels" * (self.labels == "coarse")
            + " (released protocol)" * (self.protocol == "released"),
            targets=(target,),
            notes=(*notes, *probe.notes),
        )

    def _divided(self, context: EvaluationContext) -> ProbeData:
        return self.source.divided(context, coarse=self.labels == "coarse")

    def _predict(
        self, context: EvaluationContext, which: str, probe: ProbeData, notes: list[str]
    ) -> tuple[Ids, str, ChosenClassifier | None]:
        if self.protocol == "released":
            best = _best_on_test(context, which, probe)
            return best.predicted, f"epoch {best.epoch}, the best on TEST", None
        classifier = fit_probe(context, which, probe, self.regularisation)
        values = [classifier.regularisation]
        notes += note_on_end(which, values, self.regularisation)
        words = choice_in_words(values, self.regularisation)
        return classifier.predict(context.features(which, probe.test)), words, classifier


def _best_on_test(context: EvaluationContext, which: str, probe: ProbeData) -> BestEpoch:
    train, valid, test = (
        LabelledFeatures(context.features(which, part), probe.labels(part))
        for part in (probe.train, probe.valid, probe.test)
    )
    return fit_and_select_on_test(
        train + valid,
        test,
        len(probe.class_names),
        context.seed,
        lambda done, of: context.progress(f"released protocol ({which})", done, of),
    )


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
