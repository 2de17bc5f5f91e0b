"""Recall and precision of single classes, with bootstrap intervals."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from crs_plugin.evaluation.metrics import (
    Floats,
    Ids,
    confusion_matrix,
    interval,
    mean_ratio,
    resampled_confusions,
)
from crs_plugin.evaluation.result import Estimate


class ClassRates:
    """Recall and precision of classes, for several encoders on the same test images.

    Intervals are those of ``metrics.compare``: percentiles over resamples of the test images or, if
    all are known, of the subjects. In a resample a class counts if it occurs there.

    Args:
        truth: Class ids ``[N]``.
        predictions: Encoder → class ids ``[N]``.
        classes: Number of classes C.
        subject: Ids ``[N]`` of the persons; None, or any below 0, where unknown.
        seed: Of the resamples; no global random state is used.

    Raises:
        ValueError: If there is no test image.
    """

    def __init__(
        self,
        truth: Ids,
        predictions: Mapping[str, Ids],
        classes: int,
        *,
        subject: NDArray[np.int32] | None = None,
        seed: int = 0,
    ) -> None:
        rows = np.stack(list(predictions.values()))
        generator = np.random.default_rng(seed)
        resampled = resampled_confusions(truth, rows, classes, subject, generator)
        self._encoders = list(predictions)
        self._whole = [confusion_matrix(truth, row, classes) for row in rows]
        self._resampled = resampled

    def recall(self, encoder: str, classes: Sequence[int]) -> Estimate | None:
        """Return the mean recall of some classes; None if the test set has no image of any."""
        return self._mean(encoder, classes, axis=-1)

    def precision(self, encoder: str, classes: Sequence[int]) -> Estimate | None:
        """Return the mean precision of some classes; None if none of them is ever predicted."""
        return self._mean(encoder, classes, axis=-2)

    def _mean(self, encoder: str, classes: Sequence[int], axis: int) -> Estimate | None:
        place = self._encoders.index(encoder)
        value = _mean_rate(self._whole[place], classes, axis)
        if np.isnan(value):
            return None
        drawn = _mean_rate(self._resampled[:, place], classes, axis)
        return Estimate(float(value), interval(drawn[~np.isnan(drawn)]))


def _mean_rate(confusion: NDArray[np.number], classes: Sequence[int], axis: int) -> Floats:
    """Return the mean of hits / sum along an axis of ``[..., C, C]``; NaN where there is none."""
    of_class = confusion.sum(axis)[..., list(classes)]
    hits = np.diagonal(confusion, axis1=-2, axis2=-1)[..., list(classes)]
    return mean_ratio(hits, of_class, of_class > 0)
