"""CAER-S: frames of TV shows, whole scenes with people in them."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from crs_plugin.data.about import About
from crs_plugin.data.dataset import DataError, FaceDataset
from crs_plugin.data.layouts.class_folders import published_images, split_folders
from crs_plugin.data.layouts.finite_numbers import finite_numbers
from crs_plugin.data.layouts.label_names import PublishedLabels
from crs_plugin.data.layouts.label_tables import read_rows
from crs_plugin.data.layouts.records import Records
from crs_plugin.data.layouts.roots import first_that_exists, inside, set_folder
from crs_plugin.registry import NonNegativeFloat, register

ABOUT = About(
    title="CAER-S",
    setting="wild",
    images="about 49,000 train, 21,000 test",
    labels={
        "Anger": "anger",
        "Disgust": "disgust",
        "Fear": "fear",
        "Happy": "happiness",
        "Neutral": "neutral",
        "Sad": "sadness",
        "Surprise": "surprise",
    },
    layout=("train/ and test/ with a folder per expression, and a table of face boxes of yours",),
    how_to_get=(
        "CAER-S is for non-commercial research: page 'Context-Aware Emotion Recognition Networks',"
        " https://caer-dataset.github.io"
    ),
)

_COLUMNS = ("path", "x", "y", "width", "height")

Box = Sequence[float]


@register("dataset", "caer_s")
def caer_s(
    *,
    root: Path | None = None,
    boxes: str | None = None,
    crop: Literal["face", "whole"] = "face",
    margin: NonNegativeFloat = 0.0,
) -> FaceDataset:
    """CAER-S: frames of TV shows, seven expressions; whole scenes, so face boxes are needed.

    Args:
        root: Folder with ``train`` and ``test``, in each a folder per expression. Default
            ``$CRS_DATA/caer_s``.
        boxes: Table of face boxes, relative to ``root``: CSV, TSV or Parquet with the columns path
            (relative to ``root``), x, y, width and height in pixels. Of several faces in one scene
            the largest is taken; scenes without a face are left out.
        crop: ``face`` cuts the faces out by ``boxes``; ``whole`` takes the images as they are, for
            folders of faces that are cut out already, or for whole scenes.
        margin: What is added on each side of a box, as a share of its width and height, up to the
            edge of the image.

    Raises:
        DataError: If folders or boxes are missing, or a folder or a box is wrong.
    """
    folder = set_folder(root, "caer_s", ("train", "test"), ABOUT.how_to_get)
    faces = _faces(folder, boxes, crop, margin)
    records = Records("caer_s", folder, margin)
    used: set[str] = set()
    for split, part in split_folders(folder):
        for image, fine in published_images(part, PublishedLabels(ABOUT.labels), records):
            key = image.lower()
            if faces is None or key in faces:
                records.add(image, fine, split, box=None if faces is None else faces[key])
                used.add(key)
            else:
                records.skip("scene without a face box")
    if faces is not None and len(faces) > len(used):
        records.skip("face box without an image", len(faces) - len(used))
    return records.dataset()


def _faces(folder: Path, boxes: str | None, crop: str, margin: float) -> dict[str, Box] | None:
    if crop == "whole":
        if boxes or margin:
            raise DataError("data set caer_s: 'crop: whole' takes neither 'boxes' nor 'margin'")
        return None
    if boxes is None:
        raise DataError(
            f"data set caer_s: the images in {folder} are whole scenes, in which a face has to be"
            f" found first: name a table with the columns {', '.join(_COLUMNS)} by the option"
            " 'boxes', or set 'crop: whole' if the faces are cut out already or scenes are wanted"
        )
    file = first_that_exists(folder, (inside(folder, boxes, "option 'boxes'"),), "caer_s")
    return _largest(folder, file)


def _largest(folder: Path, file: Path) -> dict[str, Box]:
    """Return path in lower case → the largest box that a table has for it."""
    found: dict[str, Box] = {}
    for row in read_rows(file, _COLUMNS):
        path = inside(folder, row.cells[0], row.where).replace(os.sep, "/").lower()
        box = _box(row.cells[1:], row.where)
        if path not in found or _area(box) > _area(found[path]):
            found[path] = box
    return found


def _area(box: Box) -> float:
    return box[2] * box[3]


def _box(cells: Sequence[str], where: str) -> Box:
    box = finite_numbers(cells)
    if box is None or min(box[2:]) <= 0:
        raise DataError(f"{where}: a box needs x, y, width and height in pixels, not {list(cells)}")
    return box
