"""What an evaluation finds out about an encoder, with that of reference encoders beside it."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from crs_plugin.data.dataset import FaceDataset
from crs_plugin.models.trained_classifier import Classifier

if TYPE_CHECKING:
    from crs_plugin.evaluation.figures.drawing import Drawing

TRAINED = "trained"
"""Name of the encoder that is evaluated; others are references, by the name of their component."""

RANDOM = "random"
"""Name of the reference that says whether anything was learnt: random weights."""

Interval = tuple[float, float]
"""Lower and upper end of a 95 % interval."""


@dataclass(frozen=True)
class Scores:
    """How well the test images of one target were recognised; rates lie between 0 and 1.

    Attributes:
        accuracy: Share of images that were recognised.
        uar: Unweighted average recall: mean recall of the classes that occur in the test set.
        macro_f1: Mean F1 of the same classes.
        per_class_recall: Recall of each class; None where the test set has no image of it.
        confusion: Number of images ``[C][C]``, rows = truth, columns = prediction.
        accuracy_interval: 95 % bootstrap interval of the accuracy.
        uar_interval: 95 % bootstrap interval of the UAR.
        n: Number of test images.
    """

    accuracy: float
    uar: float
    macro_f1: float
    per_class_recall: tuple[float | None, ...]
    confusion: tuple[tuple[int, ...], ...]
    accuracy_interval: Interval
    uar_interval: Interval
    n: int


@dataclass(frozen=True)
class Gain:
    """One encoder minus another, on the same test images; the intervals are paired.

    Attributes:
        accuracy: Difference of the accuracies.
        uar: Difference of the UARs.
        accuracy_interval: 95 % paired bootstrap interval of the first.
        uar_interval: 95 % paired bootstrap interval of the second.
    """

    accuracy: float
    uar: float
    accuracy_interval: Interval
    uar_interval: Interval


@dataclass(frozen=True)
class Predictions:
    """What was predicted for every test image of a target.

    Attributes:
        test: The N test images.
        truth: Class ids ``[N]`` int64.
        predicted: Encoder → class ids ``[N]`` int64.
    """

    test: FaceDataset
    truth: NDArray[np.int64]
    predicted: Mapping[str, NDArray[np.int64]]


@dataclass(frozen=True)
class Target:
    """Classes that were told apart on one test set.

    Attributes:
        title: Name of the target, for people; unique among the targets of a result.
        train_data: What the classifier was trained on, with the number of images.
        test_data: What it was tested on, with the number of images.
        class_names: The C classes, in the order of the scores.
        scores: Encoder → its scores; ``trained`` comes first.
        gains: Reference encoder → ``trained`` minus it.
        predictions: What was predicted, image by image.
        chosen: Encoder → the hyper-parameter that was chosen for it, in words.
        classifier: The classifier on the trained encoder's features, where it can be used alone.
        at: What tells this target from others of the same result (``{"blur": 2}``), for curves.
    """

    title: str
    train_data: str
    test_data: str
    class_names: tuple[str, ...]
    scores: Mapping[str, Scores]
    gains: Mapping[str, Gain]
    predictions: Predictions = field(compare=False, repr=False)
    chosen: Mapping[str, str] = field(default_factory=dict)
    classifier: Classifier | None = field(default=None, compare=False, repr=False)
    at: Mapping[str, str | float] = field(default_factory=dict)

    @property
    def trained(self) -> Scores:
        """Scores of the encoder that is evaluated."""
        return self.scores[TRAINED]

    def to_json(self) -> dict[str, Any]:
        """Return the target as plain values under the same names, without what has its own file."""
        left_out = ("predictions", "classifier")
        plain = {name: value for name, value in vars(self).items() if name not in left_out}
        return {
            **plain,
            "scores": {name: asdict(scores) for name, scores in self.scores.items()},
            "gains": {name: asdict(gain) for name, gain in self.gains.items()},
            "chosen": dict(self.chosen),
            "at": dict(self.at),
        }


@dataclass(frozen=True)
class Estimate:
    """A figure and how sure it is.

    Attributes:
        value: The figure.
        interval: Its 95 % interval; None where there is none.
    """

    value: float
    interval: Interval | None = None


@dataclass(frozen=True)
class Measure:
    """One figure that is no class score, for every encoder.

    Attributes:
        name: What it is (``mAP``, ``UAR``).
        values: Encoder → the figure; ``trained`` comes first.
        better: Which way is better.
        rate: Whether it lies between 0 and 1 and is shown in per cent.
        at: Where on a curve or in a table it stands (``{"images a class": 5}``).
    """

    name: str
    values: Mapping[str, Estimate]
    better: Literal["higher", "lower", "neither"] = "higher"
    rate: bool = True
    at: Mapping[str, str | float] = field(default_factory=dict)


@dataclass(frozen=True)
class EvaluationResult:
    """Outcome of one evaluation.

    Attributes:
        title: Its name, for people.
        protocol: How it was measured, in a few words.
        targets: Classes told apart on test sets, with scores for all encoders.
        measures: Other figures for all encoders.
        drawings: Figures that show them; the confusion matrices of targets are drawn anyhow.
        headline: Whether the targets count in the verdict on the encoder and in the first table:
            not those of a curve, nor those that it was fine-tuned for.
        notes: What a reader must know to judge the figures.
    """

    title: str
    protocol: str
    targets: tuple[Target, ...] = ()
    measures: tuple[Measure, ...] = ()
    drawings: "tuple[Drawing, ...]" = ()
    headline: bool = True
    notes: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Return the result as plain lists, dicts, numbers and strings, without drawings."""
        return {
            "title": self.title,
            "protocol": self.protocol,
            "headline": self.headline,
            "targets": [target.to_json() for target in self.targets],
            "measures": [
                {**asdict(measure), "values": {k: asdict(v) for k, v in measure.values.items()}}
                for measure in self.measures
            ],
            "notes": list(self.notes),
        }


def headline_targets(results: Sequence[EvaluationResult]) -> list[Target]:
    """Return the targets that count in the verdict, in order."""
    return [target for result in results if result.headline for target in result.targets]
