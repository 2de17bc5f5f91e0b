"""The difference of two experiments on the same test images, and how sure it is."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from crs_plugin.evaluation.metrics import (
    Floats,
    Ids,
    accuracy_and_uar,
    interval,
    resampled_rates,
)
from crs_plugin.evaluation.result import Interval


@dataclass(frozen=True)
class Difference:
    """One figure of an experiment minus that of another.

    Attributes:
        value: The difference of the means over seeds.
        interval: Its 95 % interval.
    """

    value: float
    interval: Interval

    @property
    def shown(self) -> Literal["better", "worse", "none"]:
        """Whether the interval lies above zero, below it, or holds it."""
        if self.interval[0] > 0:
            return "better"
        return "worse" if self.interval[1] < 0 else "none"


@dataclass(frozen=True)
class Differences:
    """How two experiments differ on one target.

    Attributes:
        accuracy: Difference of the accuracies.
        uar: Difference of the UARs.
        by_person: Whether persons were resampled, not single images.
        seeds: Whether the intervals cover another seed as well.
    """

    accuracy: Difference
    uar: Difference
    by_person: bool
    seeds: bool


def differences(
    truth: Ids,
    ours: Ids,
    theirs: Ids,
    classes: int,
    *,
    subject: NDArray[np.int32],
) -> Differences:
    """Compare the predictions of A runs of one experiment with those of B runs of another.

    The test images are resampled (persons with all their images, where all are known), for all runs
    alike, so that the differences are paired. With one run on each side the interval is that of
    the percentiles. With more, the difference is that of the means over runs, and two variances
    add up: that over the resamples, and that of the means over seeds, s²(1/A + 1/B), where s² is
    pooled from both sides, as in Student's test. The interval is the normal one, with Student's
    quantile for the degrees of freedom that Welch and Satterthwaite give to such a sum; A + B - 2
    belong to the seeds. A handful of seeds so gives a wide interval, as it must. Runs of one seed
    number are not paired: the number means nothing across recipes.

    Args:
        truth: Class ids ``[N]``.
        ours: Class ids ``[A, N]``.
        theirs: Class ids ``[B, N]``.
        classes: Number of classes.
        subject: Ids ``[N]`` of the persons; -1 where unknown.
    """
    runs = np.concatenate([ours, theirs])
    resampled = resampled_rates(truth, runs, classes, subject=subject)
    exact = np.array([accuracy_and_uar(truth, run, classes) for run in runs]).T
    accuracy, uar = (
        _difference(of_all, of_resamples, len(ours))
        for of_all, of_resamples in zip(exact, (resampled[..., 0], resampled[..., 1]), strict=True)
    )
    return Differences(accuracy, uar, by_person=bool((subject >= 0).all()), seeds=len(runs) > 2)


def _difference(exact: Floats, resampled: Floats, ours: int) -> Difference:
    value = float(exact[:ours].mean() - exact[ours:].mean())
    deltas = resampled[:, :ours].mean(1) - resampled[:, ours:].mean(1)
    theirs = len(exact) - ours
    freedom = ours + theirs - 2
    if freedom == 0:
        return Difference(value, interval(deltas))
    from scipy.stats import t  # type: ignore[import-untyped]

    squares = sum(float(((side - side.mean()) ** 2).sum()) for side in (exact[:ours], exact[ours:]))
    of_seeds = squares / freedom * (1 / ours + 1 / theirs)
    variance = float(deltas.var(ddof=1)) + of_seeds
    effective = freedom * (variance / of_seeds) ** 2 if of_seeds else np.inf
    half = float(t.ppf(0.975, effective) * np.sqrt(variance))
    return Difference(value, (value - half, value + half))
