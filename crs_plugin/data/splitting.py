"""Cutting a data set in two or in folds: by label evenly, and never through a person."""

import warnings
from collections.abc import Iterator
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from crs_plugin.data.dataset import DataError, FaceDataset

_FINEST = 100
_FINEST_BY_SUBJECT = 20
"""The largest number of folds a split is put together from. By subject each costs time."""

Indices = NDArray[np.int64]


def split_off(dataset: FaceDataset, fraction: float, seed: int) -> tuple[FaceDataset, FaceDataset]:
    """Cut a part off a data set, with every fine label in proportion.

    No person is on both sides, as far as persons are known, and no image file that is listed twice
    either. Both sides keep the order of the data set. The fraction is met as closely as whole
    images, or whole persons, allow. No global random state is used.

    Args:
        dataset: What is to be cut.
        fraction: Share of the images that goes into the part, between 0 and 1.
        seed: Which images they are.

    Returns:
        The rest and the part.

    Raises:
        ValueError: If the fraction is not between 0 and 1.
        DataError: If there are too few images or persons to have some on both sides.
    """
    if not 0 < fraction < 1:
        raise ValueError(f"fraction must be between 0 and 1, not {fraction}")
    known = np.flatnonzero(dataset.subject >= 0)
    unknown = np.flatnonzero(dataset.subject < 0)
    part = np.sort(
        np.concatenate(
            [
                _part_by_subject(dataset, known, fraction, seed),
                _part_by_image(dataset, unknown, fraction, seed),
            ]
        )
    )
    rest = np.setdiff1d(np.arange(len(dataset)), part)
    if len(part) == 0 or len(rest) == 0:
        raise DataError(
            f"data set {dataset.name}: a part of {fraction:g} cannot be split off"
            f" {len(dataset)} images{_of_subjects(dataset)}: one side would be empty"
        )
    return dataset.take(rest), dataset.take(part)


def subject_folds(dataset: FaceDataset, folds: int, seed: int) -> list[tuple[Indices, Indices]]:
    """Return folds for cross-validation by subject, with the labels as even as persons allow.

    Args:
        dataset: Images of known persons.
        folds: Number of folds, at least 2.
        seed: Which persons go where. No global random state is used.

    Returns:
        Per fold the indices for training and those for testing, int64 and ascending. Every image is
        in one fold's test.

    Raises:
        DataError: If a person is unknown, or there are fewer persons than folds.
    """
    if not dataset.subject_known:
        raise DataError(
            f"data set {dataset.name}: folds by subject need to know the person in every image;"
            f" {int((dataset.subject < 0).sum())} of {len(dataset)} have none"
        )
    subjects = len(np.unique(dataset.subject))
    if subjects < folds:
        raise DataError(f"data set {dataset.name}: {subjects} persons do not make {folds} folds")
    return list(_grouped_folds(dataset.fine, dataset.subject, folds, seed))


def _part_by_image(dataset: FaceDataset, indices: Indices, fraction: float, seed: int) -> Indices:
    from sklearn.model_selection import StratifiedKFold

    fine = dataset.fine[indices]
    most = int(np.unique(fine, return_counts=True)[1].max(initial=0))
    if most < 2:
        return indices[:0]
    taken, folds = _as_folds(fraction, min(_FINEST, most))
    with _few_of_a_class_allowed():
        splitter = StratifiedKFold(folds, shuffle=True, random_state=seed)
        tests = [test for _, test in splitter.split(fine, fine)]
    part = indices[np.concatenate(tests[:taken])]
    names = np.array([dataset.images.name(int(i)) for i in indices])
    in_rest = set(names[~np.isin(indices, part)])
    return np.array([i for i in part if dataset.images.name(int(i)) not in in_rest], dtype=np.int64)


def _part_by_subject(dataset: FaceDataset, indices: Indices, fraction: float, seed: int) -> Indices:
    subjects = dataset.subject[indices]
    number = len(np.unique(subjects))
    if number < 2:
        return indices[:0]
    fine = dataset.fine[indices]
    taken, folds = _as_folds(fraction, min(_FINEST_BY_SUBJECT, number))
    tests = [test for _, test in _grouped_folds(fine, subjects, folds, seed)]
    return indices[np.concatenate(tests[:taken])]


def _grouped_folds(
    fine: NDArray[np.int16], subjects: NDArray[np.int32], folds: int, seed: int
) -> Iterator[tuple[Indices, Indices]]:
    from sklearn.model_selection import GroupKFold, StratifiedGroupKFold

    most = int(np.unique(fine, return_counts=True)[1].max())
    if most < folds:  # too few images of every label to be even about it
        splitter = GroupKFold(folds)
    else:
        splitter = StratifiedGroupKFold(folds, shuffle=True, random_state=seed)
    with _few_of_a_class_allowed():
        yield from splitter.split(fine, fine, subjects)


def _as_folds(fraction: float, most: int) -> tuple[int, int]:
    """Return (m, k): m of k folds are the nearest to a fraction, with 0 < m < k ≤ most."""
    ratio = Fraction(fraction).limit_denominator(most)
    ratio = min(max(ratio, Fraction(1, most)), Fraction(most - 1, most))
    return ratio.numerator, ratio.denominator


def _few_of_a_class_allowed() -> warnings.catch_warnings:
    """Silence scikit-learn's warning of classes with fewer images than folds."""
    return warnings.catch_warnings(action="ignore", category=UserWarning)


def _of_subjects(dataset: FaceDataset) -> str:
    known = len(np.unique(dataset.subject[dataset.subject >= 0]))
    return f" of {known} person{'s' * (known != 1)}" if known else ""
