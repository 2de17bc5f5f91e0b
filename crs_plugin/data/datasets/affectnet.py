"""AffectNet: faces from the web, in its old and in its later release."""

import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import lru_cache
from io import BytesIO
from itertools import islice
from pathlib import Path
from typing import Literal

import numpy as np

from crs_plugin.data.about import About
from crs_plugin.data.dataset import DataError, FaceDataset
from crs_plugin.data.images import FileImages
from crs_plugin.data.layouts.finite_numbers import finite_numbers
from crs_plugin.data.layouts.label_names import PublishedLabels
from crs_plugin.data.layouts.label_tables import read_rows
from crs_plugin.data.layouts.litter import is_litter
from crs_plugin.data.layouts.records import Records
from crs_plugin.data.layouts.roots import (
    entry_in,
    first_that_exists,
    inside,
    set_folder,
)
from crs_plugin.data.layouts.valid_as_test import valid_called_test
from crs_plugin.expressions import fine_id
from crs_plugin.image_file import read_image_file
from crs_plugin.registry import register

ABOUT = About(
    title="AffectNet",
    setting="wild",
    images="about 288,000 train, 4,000 valid of 8 classes; 284,000 and 3,500 of 7",
    labels={
        "0": "neutral",
        "1": "happiness",
        "2": "sadness",
        "3": "surprise",
        "4": "fear",
        "5": "disgust",
        "6": "anger",
        "7": "contempt",
        "8": None,
        "9": None,
        "10": None,
    },
    layout=(
        "later release: train_set/images/N.jpg with train_set/annotations/N_exp.npy, and val_set/",
        "old release: training.csv and validation.csv, or Manually_Annotated_file_lists/ with"
        " them, beside Manually_Annotated_Images/ or the folders in it",
    ),
    how_to_get=(
        "AffectNet is given to researchers, for non-commercial research, after a signed agreement:"
        " page 'AffectNet' of M. H. Mahoor, http://mohammadmahoor.com/affectnet/"
    ),
)

_LATER = {"train": "train_set", "valid": "val_set"}
_OLD = {"train": "training.csv", "valid": "validation.csv"}
_LISTS = "Manually_Annotated_file_lists"
_IMAGES = ("Manually_Annotated_Images", "Manually_Annotated/Manually_Annotated_Images")
_MARKERS = (*_LATER.values(), *_OLD.values(), _LISTS)
_COLUMNS = (
    "subDirectory_filePath",
    "expression",
    "face_x",
    "face_y",
    "face_width",
    "face_height",
)
_NO_EXPRESSION = {"8": "none", "9": "uncertain", "10": "no face"}
_LABEL_FILE = "_exp.npy"
_THREADS = 16
_FILES_A_TASK = 512
_LOOKED_AT = 32
_SHARE_THAT_FITS = 0.9


@register("dataset", "affectnet")
def affectnet(
    *, root: Path | None = None, classes: Literal[7, 8] = 8, valid_as_test: bool = False
) -> FaceDataset:
    """AffectNet: faces from the web, eight expressions or seven; its test labels are withheld.

    Both releases are read. The old one has a face box for each image, by which faces are cut out;
    images that are cut out already, so that the boxes do not fit into them, are taken whole.

    Args:
        root: Folder of the later release, with ``train_set`` and ``val_set``, or of the old one,
            with ``training.csv`` and ``validation.csv`` beside ``Manually_Annotated_Images``.
            Default ``$CRS_DATA/affectnet``.
        classes: 8, or 7 to leave contempt out. None, uncertain and no face are always left out.
        valid_as_test: Call the validation split ``test``, as publications do. Validation images are
            then to be split off the training images.

    Raises:
        DataError: If files are missing, or a label or a line is wrong.
    """
    if classes not in (7, 8):
        raise DataError(f"data set affectnet: option 'classes' must be 7 or 8, not {classes}")
    folder = set_folder(root, "affectnet", _MARKERS, ABOUT.how_to_get)
    labels = _Labels(classes)
    parts = {
        split: entry_in(folder, f"{name}/{name}") or entry_in(folder, name)
        for split, name in _LATER.items()
    }
    later = {split: part for split, part in parts.items() if part}
    dataset = _later_release(folder, later, labels) if later else _old_release(folder, labels)
    return valid_called_test(dataset) if valid_as_test else dataset


class _Labels:
    """Which labels are wanted, and why the others are not."""

    def __init__(self, classes: int) -> None:
        self._published = PublishedLabels(ABOUT.labels)
        self._unwanted = {fine_id("contempt")} if classes == 7 else set()

    def fine_id(self, label: str, where: str) -> tuple[int | None, str]:
        """Return the fine id, or None and the reason why the record is left out."""
        fine = self._published.fine_id(label, where)
        if fine is None:
            return None, f"labelled {_NO_EXPRESSION[label]}"
        if fine in self._unwanted:
            return None, "contempt, left out by 'classes: 7'"
        return fine, ""


def _later_release(folder: Path, parts: dict[str, Path], labels: _Labels) -> FaceDataset:
    records = Records("affectnet", folder)
    for split, part in parts.items():
        images, annotations = (
            first_that_exists(part, (name,), "affectnet", ABOUT.how_to_get)
            for name in ("images", "annotations")
        )
        prefix = images.relative_to(folder).as_posix()
        image_of = {os.path.splitext(name)[0]: name for name in _names(images)}
        files = [n for n in _names(annotations) if n.lower().endswith(_LABEL_FILE)]
        files.sort(key=lambda name: (len(name), name))  # by number
        for file, label in zip(files, _labels_in(annotations, files), strict=True):
            stem = file[: -len(_LABEL_FILE)]
            path = f"{prefix}/{image_of.get(stem, f'{stem}.jpg')}"
            fine, reason = labels.fine_id(label, os.path.join(annotations, file))
            if fine is None:
                records.leave_out(path, reason)
            else:
                records.add(path, fine, split)
    records.skip_unnamed()
    return records.dataset()


def _names(folder: Path) -> list[str]:
    return [name for name in os.listdir(folder) if not is_litter(name)]


def _labels_in(folder: Path, files: Sequence[str]) -> Iterator[str]:
    """Yield the label in each file; threads, as each of 290,000 is waited for on a network disk."""
    tasks = [files[i : i + _FILES_A_TASK] for i in range(0, len(files), _FILES_A_TASK)]
    with ThreadPoolExecutor(_THREADS) as threads:
        for labels in threads.map(lambda task: [_label_in(folder, file) for file in task], tasks):
            yield from labels


def _label_in(folder: Path, file: str) -> str:
    path = os.path.join(folder, file)
    try:
        with open(path, "rb") as opened:
            return _label(opened.read())
    except OSError as error:
        raise DataError(f"{path}: cannot be read: {error.strerror}") from error
    except Exception as error:  # NumPy reads the header of a damaged file as Python code
        raise DataError(
            f"{path}: is no label: {error}; without this file its image counts as unlabelled"
        ) from error


@lru_cache(maxsize=64)
def _label(content: bytes) -> str:
    """Return the number in an .npy file as digits; all files of a class are the same few bytes."""
    value = float(np.lib.format.read_array(BytesIO(content), allow_pickle=False).item())
    if not value.is_integer():
        raise ValueError(f"a class is a whole number, not {value:g}")
    return str(int(value))


def _old_release(folder: Path, labels: _Labels) -> FaceDataset:
    files = {
        split: found
        for split, name in _OLD.items()
        if (found := entry_in(folder, name) or entry_in(folder, f"{_LISTS}/{name}"))
    }
    if not files:
        first_that_exists(folder / _LISTS, tuple(_OLD.values()), "affectnet", ABOUT.how_to_get)
    images = _image_folder(folder, next(iter(files.values())))
    records = Records("affectnet", images)
    for split, file in files.items():
        for row in read_rows(file, _COLUMNS):
            image, expression, *numbers = row.cells
            path = inside(images, image, row.where)
            fine, reason = labels.fine_id(expression, row.where)
            box = _box(numbers)
            if fine is None or box is None:
                records.leave_out(path, reason or "face box missing")
            else:
                records.add(path, fine, split, box=box)
    records.skip_unnamed()
    return _whole_if_cut_out(records.dataset())


def _image_folder(folder: Path, file: Path) -> Path:
    """Return the folder that the paths of a list start from: the first that has one of them."""
    named = [found for name in _IMAGES if (found := entry_in(folder, name))]
    choices = [*(path / path.name for path in named), *named, folder]
    paths = [row.cells[0] for row in islice(read_rows(file, _COLUMNS[:1]), _FILES_A_TASK)]
    # Of a path that no file system takes, os.path says no; pathlib raises.
    there = (
        choice
        for choice in choices
        if any(os.path.exists(os.path.join(choice, path)) for path in paths)
    )
    return next(there, named[0] if named else folder)


def _box(cells: Sequence[str]) -> list[float] | None:
    box = finite_numbers(cells)
    return box if box is not None and min(box[2:]) > 0 else None


def _whole_if_cut_out(dataset: FaceDataset) -> FaceDataset:
    """Drop the boxes if they do not fit into the images, which then are faces already."""
    images = dataset.images
    assert isinstance(images, FileImages)
    assert images.boxes is not None
    looked_at = np.linspace(0, len(images) - 1, min(len(images), _LOOKED_AT)).astype(np.int64)
    fits = [_fits(images.name(i), images.boxes[i].tolist()) for i in looked_at.tolist()]
    known = [fit for fit in fits if fit is not None]
    if sum(known) >= _SHARE_THAT_FITS * len(known):
        return dataset
    return replace(dataset, images=replace(images, boxes=None))


def _fits(path: str, box: Sequence[float]) -> bool | None:
    """Return whether a box lies in an image, to a pixel; None if the image cannot be read."""
    try:
        image = read_image_file(path)
    except Exception:  # told when images are read, as for all data sets
        return None
    x, y, width, height = box
    return min(x, y) >= -1 and x + width <= image.width + 1 and y + height <= image.height + 1
