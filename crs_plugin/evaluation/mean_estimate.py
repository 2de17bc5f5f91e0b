"""The mean of a figure that every image has, with a bootstrap interval."""

import numpy as np
from numpy.typing import NDArray

from crs_plugin.evaluation.metrics import RESAMPLES, interval
from crs_plugin.evaluation.result import Estimate

_CHUNK = 200
"""Resamples that are drawn at once."""


def mean_estimate(
    values: NDArray[np.float64],
    *,
    subject: NDArray[np.int32],
    seed: int,
    group: NDArray[np.int64] | None = None,
) -> Estimate:
    """Return the mean of values, or the mean of the means of their groups.

    The interval is made of percentiles of bootstrap resamples of the images or, where every image
    has a known subject, of the subjects with all their images. Groups that are in no image of a
    resample do not count in it.

    Args:
        values: One for each of N images.
        subject: Ids ``[N]`` of the persons; any below 0 where unknown.
        seed: Of the resamples; no global random state is used.
        group: Group ids ``[N]`` from 0; None for one group.

    Raises:
        ValueError: If there is no image.
    """
    if len(values) == 0:
        raise ValueError("there is no image to take a mean of")
    group = np.zeros(len(values), dtype=np.int64) if group is None else group
    unit = np.arange(len(values))
    if (subject >= 0).all():
        unit = np.unique(subject, return_inverse=True)[1]
    units = int(unit.max()) + 1
    sums, counts = np.zeros((2, units, int(group.max()) + 1))
    np.add.at(sums, (unit, group), values)
    np.add.at(counts, (unit, group), 1)
    generator = np.random.default_rng(seed)
    means = [
        _mean_of_means(weights @ sums, weights @ counts)
        for weights in (
            generator.multinomial(units, np.full(units, 1 / units), size=_CHUNK).astype(np.float64)
            for _ in range(RESAMPLES // _CHUNK)
        )
    ]
    whole = _mean_of_means(sums.sum(0), counts.sum(0))
    return Estimate(float(whole), interval(np.concatenate(means)))


def _mean_of_means(sums: NDArray[np.float64], counts: NDArray[np.float64]) -> NDArray[np.float64]:
    means = np.divide(sums, counts, out=np.zeros(sums.shape), where=counts > 0)
    return np.asarray(means.sum(-1) / (counts > 0).sum(-1), dtype=np.float64)
