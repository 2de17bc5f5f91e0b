"""What an evaluation finds out: scores of the trained encoder, and of a random one beside them."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

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
    """Trained minus random, on the same test images; the intervals are paired.

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
class EvaluationResult:
    """Outcome of one evaluation.

    Attributes:
        title: Name of the target, for people.
        protocol: How it was measured, in a few words.
        train_data: What the classifier was trained on, with the number of images.
        test_data: What it was tested on, with the number of images.
        class_names: The C classes, in the order of the scores.
        trained: Scores on the features of the encoder that is evaluated.
        random: Scores on the features of the same architecture with random weights.
        gain: The first minus the second.
        chosen: Encoder (``trained``, ``random``) → the hyper-parameter that was chosen for it.
        notes: What a reader must know to judge the figures.
    """

    title: str
    protocol: str
    train_data: str
    test_data: str
    class_names: tuple[str, ...]
    trained: Scores
    random: Scores
    gain: Gain
    chosen: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Return the result as plain lists, dicts, numbers and strings, under the same names."""
        return {**asdict(self), "chosen": dict(self.chosen)}
