"""Scores from true and predicted classes, with bootstrap intervals."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from crs_plugin.evaluation.result import Gain, Interval, Scores

RESAMPLES = 2000
"""Bootstrap resamples behind an interval."""

RATES = ("accuracy", "UAR", "macro-F1")
"""What ``rates`` and ``resampled_rates`` return, in this order."""

Ids = NDArray[np.int64]
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class ComparedScores:
    """Scores of several encoders on the same test images.

    Attributes:
        scores: Encoder → its scores.
        gains: Every encoder but the first → the first minus it.
    """

    scores: Mapping[str, Scores]
    gains: Mapping[str, Gain]


def compare(
    truth: Ids,
    predictions: Mapping[str, Ids],
    classes: int,
    *,
    subject: NDArray[np.int32] | None = None,
    seed: int = 0,
) -> ComparedScores:
    """Score the predictions made from the features of several encoders.

    The intervals are percentiles of bootstrap resamples of the test images or, where every image
    has a known subject, of the subjects with all their images. All encoders are scored on the same
    resamples, which makes the intervals of their differences paired ones. In a resample the UAR is
    that of the classes it holds.

    Args:
        truth: Class ids ``[N]``.
        predictions: Encoder → class ids ``[N]``.
        classes: Number of classes C.
        subject: Ids ``[N]`` of the persons; None, or any below 0, where unknown.
        seed: Of the resamples; no global random state is used.

    Raises:
        ValueError: If there is no test image.
    """
    names, rows = list(predictions), np.stack(list(predictions.values()))
    resampled = resampled_rates(truth, rows, classes, subject=subject, seed=seed)
    accuracy, uar = resampled[..., 0], resampled[..., 1]
    scores = {
        name: _scores(truth, rows[i], classes, interval(accuracy[:, i]), interval(uar[:, i]))
        for i, name in enumerate(names)
    }
    first = scores[names[0]]
    gains = {
        name: Gain(
            accuracy=first.accuracy - scores[name].accuracy,
            uar=first.uar - scores[name].uar,
            accuracy_interval=interval(accuracy[:, 0] - accuracy[:, i]),
            uar_interval=interval(uar[:, 0] - uar[:, i]),
        )
        for i, name in enumerate(names)
        if i
    }
    return ComparedScores(scores, gains)


def resampled_rates(
    truth: Ids,
    predictions: Ids,
    classes: int,
    *,
    subject: NDArray[np.int32] | None = None,
    seed: int = 0,
) -> Floats:
    """Return the ``RATES`` ``[RESAMPLES, M, 3]`` of M predictions on the same resamples.

    Args:
        truth: Class ids ``[N]``.
        predictions: Class ids ``[M, N]``.
        classes: Number of classes C.
        subject: As for ``compare``.
        seed: Of the resamples.

    Raises:
        ValueError: If there is no test image.
    """
    generator = np.random.default_rng(seed)
    return _rates(resampled_confusions(truth, predictions, classes, subject, generator))


def accuracy_and_uar(truth: Ids, predicted: Ids, classes: int) -> tuple[float, float]:
    """Return the accuracy and the UAR over the classes that occur in the truth.

    Args:
        truth: Class ids ``[N]``.
        predicted: Class ids ``[N]``.
        classes: Number of classes C.
    """
    accuracy, uar, _ = rates(truth, predicted, classes).tolist()
    return accuracy, uar


def rates(truth: Ids, predicted: Ids, classes: int) -> Floats:
    """Return the ``RATES`` ``[3]``, over the classes that occur in the truth.

    Args:
        truth: Class ids ``[N]``.
        predicted: Class ids ``[N]``.
        classes: Number of classes C.
    """
    return _rates(confusion_matrix(truth, predicted, classes))


def _rates(confusions: NDArray[np.number]) -> Floats:
    """Return the ``RATES`` ``[..., 3]`` of confusion matrices ``[..., C, C]``."""
    hits = np.diagonal(confusions, axis1=-2, axis2=-1)
    shown, said = confusions.sum(-1), confusions.sum(-2)
    accuracy = hits.sum(-1) / shown.sum(-1)
    uar = mean_ratio(hits, shown, shown > 0)
    macro_f1 = mean_ratio(2 * hits, shown + said, shown > 0)
    return np.stack([accuracy, uar, macro_f1], axis=-1)


def mean_ratio(
    of: NDArray[np.number], whole: NDArray[np.number], counts: NDArray[np.bool_]
) -> Floats:
    """Return the mean of ``of / whole`` over the last axis, where it counts; NaN if nowhere.

    Args:
        of: ``[..., C]``.
        whole: ``[..., C]``, not 0 where it counts.
        counts: bool ``[..., C]``.
    """
    ratios = np.divide(of, whole, out=np.zeros(of.shape), where=counts)
    number = counts.sum(-1)
    mean = np.divide(ratios.sum(-1), number, out=np.full(number.shape, np.nan), where=number > 0)
    return np.asarray(mean, dtype=np.float64)


def _scores(
    truth: Ids, predicted: Ids, classes: int, accuracy_interval: Interval, uar_interval: Interval
) -> Scores:
    from sklearn.metrics import accuracy_score, f1_score, recall_score

    present = np.unique(truth)
    recalls = recall_score(truth, predicted, labels=present, average=None, zero_division=0)
    by_class: dict[int, float] = dict(zip(present.tolist(), recalls.tolist(), strict=True))
    f1 = f1_score(truth, predicted, labels=present, average="macro", zero_division=0)
    return Scores(
        accuracy=float(accuracy_score(truth, predicted)),
        uar=float(recalls.mean()),
        macro_f1=float(f1),
        per_class_recall=tuple(by_class.get(i) for i in range(classes)),
        confusion=tuple(tuple(row) for row in confusion_matrix(truth, predicted, classes).tolist()),
        accuracy_interval=accuracy_interval,
        uar_interval=uar_interval,
        n=len(truth),
    )


def confusion_matrix(truth: Ids, predicted: Ids, classes: int) -> Ids:
    """Return the number of images int64 ``[C, C]``, rows = truth, columns = prediction.

    Args:
        truth: Class ids ``[N]``.
        predicted: Class ids ``[N]``.
        classes: Number of classes C.
    """
    counts = np.bincount(truth * classes + predicted, minlength=classes * classes)
    return counts.reshape(classes, classes).astype(np.int64)


def resampled_confusions(
    truth: Ids,
    predictions: Ids,
    classes: int,
    subject: NDArray[np.int32] | None,
    generator: np.random.Generator,
) -> Floats:
    """Return confusion matrices ``[RESAMPLES, M, C, C]`` of M predictions ``[M, N]``.

    What is drawn with replacement are units: persons, or single images. Images with the same truth
    and the same predictions count alike, so they are one unit that is drawn as often as they are
    many; a unit carries the confusion matrices that it adds.

    Args:
        truth: Class ids ``[N]``.
        predictions: Class ids ``[M, N]``.
        classes: Number of classes C.
        subject: As for ``compare``.
        generator: Draws the resamples.

    Raises:
        ValueError: If there is no test image.
    """
    if len(truth) == 0:
        raise ValueError("there is no test image to score")
    by_person = subject is not None and bool((subject >= 0).all())
    key = subject[None] if by_person and subject is not None else np.stack([truth, *predictions])
    unique, unit = np.unique(key, axis=1, return_inverse=True)
    unit, units = unit.reshape(-1), unique.shape[1]
    cells = truth * classes + predictions
    tables = np.stack(
        [np.bincount(unit * classes**2 + of_one, minlength=units * classes**2) for of_one in cells]
    ).reshape(len(predictions), units, classes**2)
    sizes = np.bincount(unit, minlength=units)
    draws, shares = (units, np.full(units, 1 / units)) if by_person else (len(truth), sizes)
    weights = generator.multinomial(draws, shares / shares.sum(), size=RESAMPLES)
    per_drawn_unit = tables if by_person else tables / sizes[:, None]
    confusions = weights.astype(np.float64) @ per_drawn_unit.astype(np.float64)
    return np.moveaxis(confusions, 0, 1).reshape(RESAMPLES, len(predictions), classes, classes)


def interval(values: Floats) -> Interval:
    """Return the middle 95 % of values ``[R]``."""
    low, high = np.percentile(values, (2.5, 97.5))
    return float(low), float(high)
