"""Who trains a classifier, who chooses its hyper-parameter, and who tests it."""

from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from crs_plugin.data.dataset import SPLITS, DataError, FaceDataset
from crs_plugin.data.splitting import split_off
from crs_plugin.evaluation.features.traced_images import TracedImages, traced_images_of
from crs_plugin.expressions import ALL_EXPRESSIONS, UNLABELLED

TEST_FRACTION = 0.2
"""Share of a data set without splits that becomes its test part."""


@dataclass(frozen=True)
class ProbeData:
    """Labelled images of a probe, in three parts that share no image.

    Attributes:
        train: Trains the classifier.
        valid: Chooses its hyper-parameter.
        test: Is looked at once.
        classes: Fine ids ``[C]`` of the classes, ascending; other images were left out.
        notes: What was left out or set aside.
    """

    train: FaceDataset
    valid: FaceDataset
    test: FaceDataset
    classes: NDArray[np.int16]
    notes: tuple[str, ...] = field(default=())

    @property
    def class_names(self) -> tuple[str, ...]:
        """Names of the classes, by class id."""
        return tuple(ALL_EXPRESSIONS[i] for i in self.classes)

    @property
    def data_names(self) -> str:
        """Name of the data, or ``one → other`` if they are tested on others."""
        return " → ".join(dict.fromkeys([self.train.name, self.test.name]))

    def labels(self, part: FaceDataset) -> NDArray[np.int64]:
        """Return the class ids ``[N]`` of a part."""
        return np.searchsorted(self.classes, part.fine).astype(np.int64)


def probe_data(
    data: FaceDataset,
    test_data: FaceDataset | None,
    *,
    validation_fraction: float,
    seed: int,
) -> ProbeData:
    """Divide data for a probe.

    The classifier is trained on the ``train`` split of ``data`` and tested on its ``test`` split;
    of images without a split (``all``) a fifth is set aside for the test. With ``test_data`` it is
    trained on both kinds of ``data`` and tested on the ``test`` split of ``test_data``, or on all
    of it where it has no splits. The hyper-parameter is chosen on the ``valid`` split of ``data``
    if it has one that shares no person with ``train``, else on a part of the training images.
    Whatever is set aside holds no person of the other side, where persons are known.

    Args:
        data: What the classifier is trained on; traced by the evaluation's context.
        test_data: What it is tested on; None for the same.
        validation_fraction: Share of the training images that chooses the hyper-parameter.
        seed: Of the division.

    Raises:
        DataError: If these data cannot give a meaningful figure; the message says why.
    """
    notes: list[str] = []
    train = _labelled(_of_splits(data, "train", "all"), notes)
    if test_data is None:
        train, test = _own_test(data, train, seed, notes)
    else:
        test = _labelled(_foreign_test(test_data), notes)
        _check_apart(train, test)
    _check_not_empty(data, train, "train")
    _check_not_empty(data if test_data is None else test_data, test, "test")
    valid = _of_splits(data, "valid").labelled()
    classes = _common_classes(_joined(train, valid), test, notes)
    train, valid, test = (_of_classes(part, classes) for part in (train, valid, test))
    check_classes(_joined(train, valid))
    train, valid = _validation(train, valid, validation_fraction, seed, notes)
    if len(np.unique(train.fine)) < 2:
        raise DataError(
            f"data set {data.name}: with {len(valid):,} images set aside, a classifier would have"
            " one class to learn from; it needs more images, or persons with several expressions"
        )
    shared = len(_shared_persons(_joined(train, valid), test)) if test_data is None else 0
    if shared:
        notes.append(
            f"{shared} person{'s' * (shared != 1)} of the test split also occur in training: the"
            " splits are those of the data set."
        )
    return ProbeData(train, valid, test, classes, tuple(notes))


def check_classes(dataset: FaceDataset) -> None:
    """Check that labelled training images can teach anything.

    Raises:
        DataError: If there is one class only, or a class with a single image.
    """
    ids, counts = np.unique(dataset.fine, return_counts=True)
    if len(ids) < 2:
        only = ALL_EXPRESSIONS[ids[0]] if len(ids) else "none"
        raise DataError(
            f"data set {dataset.name}: a classifier needs images of at least two classes to learn"
            f" from; found: {only}"
        )
    single = [ALL_EXPRESSIONS[i] for i in ids[counts == 1]]
    if single:
        raise DataError(
            f"data set {dataset.name}: {', '.join(single)} has a single image to train on, which"
            " cannot both teach a classifier and choose its regularisation: add images, or leave"
            " that class out"
        )


def labelled_with_note(dataset: FaceDataset) -> tuple[FaceDataset, list[str]]:
    """Return the labelled images and, where there are others, a note that counts them."""
    notes: list[str] = []
    return _labelled(dataset, notes), notes


def _own_test(
    data: FaceDataset, train: FaceDataset, seed: int, notes: list[str]
) -> tuple[FaceDataset, FaceDataset]:
    test = _labelled(_of_splits(data, "test"), notes)
    unsplit = _of_splits(train, "all")
    if len(unsplit) == 0:
        return train, test
    rest, part = split_off(unsplit, TEST_FRACTION, seed)
    apart = "persons kept apart" if unsplit.subject_known else "evenly by label"
    notes.append(
        f"{data.name} comes without splits: {len(part):,} of {len(unsplit):,} images were set"
        f" aside for the test ({apart})."
    )
    return _joined(_of_splits(train, "train"), rest), _joined(test, part)


def _foreign_test(test_data: FaceDataset) -> FaceDataset:
    has_splits = bool((test_data.split != SPLITS.index("all")).any())
    return _of_splits(test_data, "test") if has_splits else test_data


def _validation(
    train: FaceDataset, valid: FaceDataset, fraction: float, seed: int, notes: list[str]
) -> tuple[FaceDataset, FaceDataset]:
    shared = len(_shared_persons(train, valid))
    if len(valid) and len(train) and shared == 0:
        return train, valid
    rest, part = split_off(_joined(train, valid), fraction, seed + 1)
    if shared:
        notes.append(
            f"{shared} person{'s' * (shared != 1)} of the valid split also occur in training:"
            f" both were divided anew with persons kept apart, {len(rest):,} images to train and"
            f" {len(part):,} to choose the regularisation."
        )
    return rest, part


def _common_classes(train: FaceDataset, test: FaceDataset, notes: list[str]) -> NDArray[np.int16]:
    trained, tested = np.unique(train.fine), np.unique(test.fine)
    common = np.intersect1d(trained, tested)
    if len(common) < 2:
        found = "no class" if len(common) == 0 else f"only {_names(common)}"
        raise DataError(
            f"training data {train.name} ({_names(trained)}) and test data {test.name}"
            f" ({_names(tested)}) have {found} in common; at least two are needed"
        )
    for part, which, other in ((train, "training", "test"), (test, "test", "training")):
        for fine in np.setdiff1d(np.unique(part.fine), common):
            number = int((part.fine == fine).sum())
            images = f"1 {which} image" if number == 1 else f"{number:,} {which} images"
            notes.append(
                f"{images} of {ALL_EXPRESSIONS[fine]} {'was' if number == 1 else 'were'} left out:"
                f" the class does not occur in the {other} data."
            )
    return common


def _labelled(dataset: FaceDataset, notes: list[str]) -> FaceDataset:
    missing = int((dataset.fine == UNLABELLED).sum())
    if missing:
        images, were = ("image", "was") if missing == 1 else ("images", "were")
        notes.append(f"{missing:,} {images} of {dataset.name} without a label {were} left out.")
    return dataset.labelled()


def _of_splits(dataset: FaceDataset, *splits: str) -> FaceDataset:
    """Return the records of exactly these splits (``in_split`` adds those of ``all``)."""
    codes = [SPLITS.index(split) for split in splits]
    return dataset.take(np.flatnonzero(np.isin(dataset.split, codes)))


def _of_classes(dataset: FaceDataset, classes: NDArray[np.int16]) -> FaceDataset:
    return dataset.take(np.flatnonzero(np.isin(dataset.fine, classes)))


def _joined(one: FaceDataset, other: FaceDataset) -> FaceDataset:
    """Join two parts of one traced data set into one that is traced as well."""
    images, more = traced_images_of(one), traced_images_of(other)
    return replace(
        one,
        images=replace(images, rows=np.concatenate([images.rows, more.rows])),
        fine=np.concatenate([one.fine, other.fine]),
        split=np.concatenate([one.split, other.split]),
        subject=np.concatenate([one.subject, other.subject]),
        extra={
            name: np.concatenate([column, other.extra[name]]) for name, column in one.extra.items()
        },
    )


def _shared_persons(one: FaceDataset, other: FaceDataset) -> NDArray[np.int32]:
    shared = np.intersect1d(one.subject, other.subject)
    return shared[shared >= 0]


def _check_apart(train: FaceDataset, test: FaceDataset) -> None:
    if _share_images(train, test):
        raise DataError(
            f"data set {train.name} is both the training and the test data, and has no splits that"
            " keep them apart: leave out 'test_data', and a fifth of it is set aside for the test"
        )


def _share_images(one: FaceDataset, other: FaceDataset) -> bool:
    return (
        isinstance(one.images, TracedImages)
        and isinstance(other.images, TracedImages)
        and one.images.whole is other.images.whole
        and bool(np.isin(one.images.rows, other.images.rows).any())
    )


def _check_not_empty(whole: FaceDataset, part: FaceDataset, split: str) -> None:
    if len(part):
        return
    counts = whole.counts()
    found = ", ".join(
        f"{name} ({sum(row.values()):,} images, {row.get('(no label)', 0):,} without a label)"
        for name, row in counts.items()
    )
    remedy = ""
    if split == "test":
        remedy = "; 'test_data' of the evaluation names other data to test on"
        if counts.get("valid"):
            remedy += "; sets with the option 'valid_as_test' test on their validation images"
    raise DataError(
        f"data set {whole.name}: the evaluation needs labelled images in split {split!r}; found:"
        f" {found or 'no image'}{remedy}"
    )


def _names(ids: NDArray[np.int16]) -> str:
    return ", ".join(ALL_EXPRESSIONS[i] for i in ids) or "none"
