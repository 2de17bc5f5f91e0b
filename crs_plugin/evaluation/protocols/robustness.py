"""How far a classifier of clean faces gets on poor pictures of faces."""

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, get_args

import numpy as np
from annotated_types import Len
from numpy.typing import NDArray
from torch import Tensor

from crs_plugin.data.dataset import FaceDataset
from crs_plugin.errors import InputError
from crs_plugin.evaluation.changed_images import changed, features_of_changed
from crs_plugin.evaluation.context import EvaluationContext
from crs_plugin.evaluation.drawn_images import drawn_images
from crs_plugin.evaluation.graded_changes import CHANGES, ChangeName
from crs_plugin.evaluation.metrics import compare
from crs_plugin.evaluation.probing.linear_classifier import (
    REGULARISATION,
    ChosenClassifier,
    Ids,
    choice_in_words,
    note_on_end,
)
from crs_plugin.evaluation.probing.probe_data import ProbeData
from crs_plugin.evaluation.probing.probe_fit import fit_probe
from crs_plugin.evaluation.probing.probe_source import ProbeSource
from crs_plugin.evaluation.result import Estimate, EvaluationResult, Measure, Target
from crs_plugin.evaluation.scored_target import scored_target
from crs_plugin.evaluation.shared_options import check_regularisation
from crs_plugin.registry import OpenFraction, Part, PositiveFloat, PositiveInt, register

if TYPE_CHECKING:
    from crs_plugin.evaluation.figures.drawing import Drawing

SEVERITIES = (1, 2, 3, 4, 5)
CLEAN = "clean"


@register("evaluation", "robustness")
class Robustness:
    """Linear probe fitted on clean pictures, tested on blurred, noisy, dark, covered, coarse ones.

    A linear classifier is fitted once, on the features of clean training images, its regularisation
    chosen on clean validation images. Then it is tested on the test images as they are, and with
    each change in five severities. Strengths mean the same for pictures of any size (a blur of so
    many per cent of the side), and what is drawn, such as the place of an occlusion, is the same
    for all encoders and severities. The same is done for the recipe's references.

    Args:
        title: Its name in the report; by default that of the data.
        data: Data whose train split trains the classifier and whose test split tests it (a fifth
            is set aside where there are no splits); by default the recipe's data.
        changes: What happens to the test images.
        images: Test images at most, drawn at random: each passes 26 times through every encoder.
        validation_fraction: Share of the training images that chooses the regularisation.
        regularisation: Inverse strengths C that are tried.

    Raises:
        InputError: If an option is out of range.
    """

    def __init__(
        self,
        *,
        title: str | None = None,
        data: Annotated[Callable[[], FaceDataset] | None, Part("dataset")] = None,
        changes: Annotated[Sequence[ChangeName], Len(1)] = get_args(ChangeName),
        images: PositiveInt = 1000,
        validation_fraction: OpenFraction = 0.2,
        regularisation: Annotated[Sequence[PositiveFloat], Len(1)] = REGULARISATION,
    ) -> None:
        if not changes or not set(changes) <= set(CHANGES):
            raise InputError(
                f"robustness: changes must be some of {', '.join(CHANGES)}, not {list(changes)}"
            )
        check_regularisation("robustness", regularisation)
        self.title = title
        self.source = ProbeSource("robustness", data, None, validation_fraction)
        self.changes = tuple(dict.fromkeys(changes))
        self.images = images
        self.regularisation = tuple(regularisation)

    def check(self, context: EvaluationContext, /) -> None:
        """Open the data and see whether the probe can be made; needs no encoder.

        Raises:
            InputError: If it cannot; the message says why.
        """
        self.source.divided(context)

    def test_parts(self, context: EvaluationContext, /) -> tuple[FaceDataset, ...]:
        """Return the images that are tested, for whoever looks for leaks."""
        return (self._drawn(self.source.divided(context), context.seed)[0],)

    def __call__(self, context: EvaluationContext, /) -> EvaluationResult:
        """Fit every encoder's classifier on clean images, and test it on changed ones.

        Raises:
            InputError: As ``check``, or if an encoder's features are not finite.
        """
        probe = self.source.divided(context)
        test, notes = self._drawn(probe, context.seed)
        title = self.title or f"{probe.test.name}: robustness"
        classifiers = {
            which: fit_probe(context, which, probe, self.regularisation)
            for which in context.encoders
        }
        for which, classifier in classifiers.items():
            notes += note_on_end(which, [classifier.regularisation], self.regularisation)
        score = _Scoring(probe, test, classifiers, self.regularisation, context.seed)
        features = {which: context.features(which, test) for which in context.encoders}
        clean = score.target(CLEAN, features, {"change": CLEAN, "severity": 0})
        curves: dict[str, list[Target]] = {}
        steps = [(name, severity) for name in self.changes for severity in SEVERITIES]
        for done, (name, severity) in enumerate(steps):
            context.progress(title, done, len(steps))
            change = CHANGES[name].at(severity)
            features = features_of_changed(context, test, change, context.seed)
            at = {"change": name, "severity": severity}
            target = score.target(f"{name}, severity {severity}", features, at)
            curves.setdefault(name, []).append(target)
        context.progress(title, len(steps), len(steps))
        return EvaluationResult(
            title=title,
            protocol="linear probe of clean images, tested on changed ones",
            targets=(clean, *(target for curve in curves.values() for target in curve)),
            measures=tuple(score.measures(clean, curves)),
            drawings=self._drawings(context, title, test, clean, curves),
            headline=False,
            notes=(
                "Figures of a change are means over its five severities; their intervals are over"
                " the test images (over persons, where these are known), each with all severities.",
                *notes,
                *probe.notes,
            ),
        )

    def _drawn(self, probe: ProbeData, seed: int) -> tuple[FaceDataset, list[str]]:
        whole = probe.test
        if len(whole) <= self.images:
            return whole, []
        note = f"{self.images:,} of {len(whole):,} test images were drawn for it."
        return drawn_images(whole, self.images, seed), [note]

    def _drawings(
        self,
        context: EvaluationContext,
        title: str,
        test: FaceDataset,
        clean: Target,
        curves: Mapping[str, Sequence[Target]],
    ) -> "tuple[Drawing, ...]":
        from crs_plugin.evaluation.figures.changed_pictures import changed_pictures
        from crs_plugin.evaluation.figures.file_name import file_name
        from crs_plugin.evaluation.figures.severity_curve import severity_curve

        pixels = context.pixels(test.take(np.arange(1)))
        rows: dict[str, list[Tensor]] = {
            name: [
                pixels[0],
                *(changed(pixels, CHANGES[name].at(s), context.seed)[0] for s in SEVERITIES),
            ]
            for name in self.changes
        }
        return (
            changed_pictures(file_name(title, "pictures"), "What is done to the pictures", rows),
            *(
                severity_curve(
                    file_name(title, name),
                    name.capitalize(),
                    CHANGES[name].unit,
                    CHANGES[name].strengths,
                    [clean, *curves[name]],
                )
                for name in self.changes
            ),
        )


class _Scoring:
    """Scores what the classifiers of all encoders say of the same test images."""

    def __init__(
        self,
        probe: ProbeData,
        test: FaceDataset,
        classifiers: Mapping[str, ChosenClassifier],
        regularisation: Sequence[float],
        seed: int,
    ) -> None:
        self._test, self._classifiers, self._seed = test, classifiers, seed
        self._names = probe.class_names
        self._truth = probe.labels(test)
        self._train_data = f"{probe.train.name}: {len(probe.train) + len(probe.valid):,} images"
        self._chosen = {
            which: choice_in_words([classifier.regularisation], regularisation)
            for which, classifier in classifiers.items()
        }

    def target(
        self, title: str, features: Mapping[str, NDArray[np.float32]], at: Mapping[str, str | float]
    ) -> Target:
        return scored_target(
            title,
            self._test,
            self._truth,
            {which: c.predict(features[which]) for which, c in self._classifiers.items()},
            self._names,
            train_data=self._train_data,
            test_data=f"{self._test.name}: {len(self._test):,} images",
            seed=self._seed,
            chosen=self._chosen,
            at=at,
        )

    def measures(self, clean: Target, curves: Mapping[str, Sequence[Target]]) -> list[Measure]:
        """Return accuracy and UAR: clean, of each change, and over all changes."""
        groups: dict[str, Sequence[Target]] = {CLEAN: [clean], **curves}
        if len(curves) > 1:
            groups["all changes"] = [target for curve in curves.values() for target in curve]
        found: list[Measure] = []
        for name, targets in groups.items():
            scores = compare(
                np.tile(self._truth, len(targets)),
                {which: _joined(targets, which) for which in self._classifiers},
                len(self._names),
                subject=np.tile(self._units(), len(targets)),
                seed=self._seed,
            ).scores
            uar = {w: Estimate(s.uar, s.uar_interval) for w, s in scores.items()}
            accuracy = {w: Estimate(s.accuracy, s.accuracy_interval) for w, s in scores.items()}
            found += [Measure(f"UAR, {name}", uar), Measure(f"Accuracy, {name}", accuracy)]
        return found

    def _units(self) -> NDArray[np.int32]:
        """Return what is resampled as one: persons, or images with all that was done to them."""
        if self._test.subject_known:
            return self._test.subject
        return np.arange(len(self._test), dtype=np.int32)


def _joined(targets: Sequence[Target], which: str) -> Ids:
    return np.concatenate([target.predictions.predicted[which] for target in targets])
