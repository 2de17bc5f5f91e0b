"""How features lie on the sphere: alignment, uniformity, and what their variance is made of."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from crs_plugin.evaluation.metrics import interval
from crs_plugin.evaluation.result import Estimate

RESAMPLES = 500
"""Bootstrap resamples behind an interval."""

_TEMPERATURE = 2.0
"""t of the uniformity, as in the paper."""

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Geometry:
    """Figures of the features of one encoder, normalised to length 1.

    Attributes:
        alignment: Mean squared distance of images of one expression; expressions weigh alike.
        uniformity: Logarithm of the mean of exp(-2 · squared distance) over all pairs.
        expressions: Share of the variance that lies between expressions.
        coarse: Share of it that lies between coarse classes; None where there are none to compare.
        within_coarse: Share that lies between the expressions of one coarse class; None where no
            coarse class has two. ``coarse`` and it are of the images that have a coarse class.
    """

    alignment: Estimate
    uniformity: Estimate
    expressions: Estimate
    coarse: Estimate | None
    within_coarse: Estimate | None


def normalised(features: NDArray[np.float32]) -> Floats:
    """Return features ``[N, F]`` as vectors of length 1; one of nothing but zeros stays."""
    exact = features.astype(np.float64)
    length = np.linalg.norm(exact, axis=1, keepdims=True)
    return np.asarray(exact / np.maximum(length, 1e-12), dtype=np.float64)


def multiplicities(units: NDArray[np.integer], seed: int) -> Floats:
    """Return how often each of N images occurs: once, then in every bootstrap resample.

    Args:
        units: Ids ``[N]`` of what is drawn as one: persons, or images.
        seed: Of the draws; no global random state is used.

    Returns:
        ``[1 + RESAMPLES, N]``.
    """
    _, unit = np.unique(units, return_inverse=True)
    number = int(unit.max()) + 1
    generator = np.random.default_rng(seed)
    drawn = generator.multinomial(number, np.full(number, 1 / number), size=RESAMPLES)
    return np.concatenate([np.ones((1, len(unit))), drawn[:, unit]]).astype(np.float64)


def estimate(values: Floats) -> Estimate:
    """Return the first of some values with the interval of the others, NaN left out."""
    drawn = values[1:]
    return Estimate(float(values[0]), interval(drawn[np.isfinite(drawn)]))


def geometry(
    features: NDArray[np.float32],
    expression: NDArray[np.int64],
    coarse: Sequence[int | None],
    times: Floats,
) -> Geometry:
    """Measure the geometry of features.

    Every figure is a mean over pairs of *different* images, so that few images of a class do not
    look like a difference between classes. With s_cd the mean cosine of images of expressions c
    and d, all of C expressions weighing alike, the variance is 1 - mean_cd s_cd, its part between
    expressions mean_c s_cc - mean_cd s_cd, and its part between coarse classes the same with means
    over coarse classes; the rest of the part between expressions lies within coarse classes.

    Alignment and uniformity: Wang and Isola, Understanding Contrastive Representation Learning
    through Alignment and Uniformity on the Hypersphere, ICML 2020 (α = 2, t = 2), with images of
    one expression as the positives.

    Args:
        features: ``[N, F]``.
        expression: Ids ``[N]`` from 0 to C - 1, each of two images at least.
        coarse: Coarse class of each expression; None for none.
        times: Of ``multiplicities``.
    """
    unit = normalised(features)
    cosine = unit @ unit.T
    similar = _mean_by_class(cosine, expression, len(coarse), times)
    kernel = np.exp(-2 * _TEMPERATURE * (1 - cosine))
    nothing = np.zeros(len(unit), dtype=np.int64)
    uniformity = np.log(_mean_by_class(kernel, nothing, 1, times)[:, 0, 0])
    own = np.diagonal(similar, axis1=1, axis2=2)
    with_coarse = [i for i, name in enumerate(coarse) if name is not None]
    groups = [coarse[i] for i in with_coarse]
    between, within, whole = _decomposed(similar[:, with_coarse][:, :, with_coarse], groups)
    return Geometry(
        alignment=estimate(2 - 2 * own.mean(1)),
        uniformity=estimate(uniformity),
        expressions=estimate(_share(own.mean(1) - similar.mean((1, 2)), 1 - similar.mean((1, 2)))),
        coarse=estimate(_share(between, whole)) if len(set(groups)) > 1 else None,
        within_coarse=(
            estimate(_share(within, whole)) if 1 < len(groups) != len(set(groups)) else None
        ),
    )


def _share(part: Floats, whole: Floats) -> Floats:
    """Return part / whole: 0 where all features are one, NaN where a class is missing."""
    without = np.where(np.isnan(whole), np.nan, 0.0)
    return np.divide(part, whole, out=without, where=whole > 1e-9)


def _decomposed(similar: Floats, groups: Sequence[int | None]) -> tuple[Floats, Floats, Floats]:
    """Return the variance between groups of classes, within these between classes, and in all."""
    if not groups:
        nothing = np.zeros(len(similar))
        return nothing, nothing, nothing
    same = np.array([[a == b for b in groups] for a in groups], dtype=np.float64)
    of_group = (similar * (same / same.sum(1, keepdims=True))).sum(2).mean(1)
    all_pairs = similar.mean((1, 2))
    own = np.diagonal(similar, axis1=1, axis2=2).mean(1)
    return of_group - all_pairs, own - of_group, 1 - all_pairs


def _mean_by_class(values: Floats, ids: NDArray[np.int64], classes: int, times: Floats) -> Floats:
    """Return means ``[R, C, C]`` of values ``[N, N]`` over pairs of different images.

    Classes that a resample lacks, or has once, give NaN.
    """
    values = values.copy()
    np.fill_diagonal(values, 0)
    members = [np.flatnonzero(ids == c) for c in range(classes)]
    means = np.zeros((len(times), classes, classes))
    for c, rows in enumerate(members):
        summed = times[:, rows] @ values[rows]
        for d, columns in enumerate(members):
            total = (summed[:, columns] * times[:, columns]).sum(1)
            pairs = times[:, rows].sum(1) * times[:, columns].sum(1)
            if c == d:
                pairs = pairs - np.square(times[:, rows]).sum(1)
            means[:, c, d] = np.divide(
                total, pairs, out=np.full(len(total), np.nan), where=pairs > 0
            )
    return means
