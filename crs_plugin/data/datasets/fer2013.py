"""FER2013: small grey faces from the web."""

from array import array
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from crs_plugin.data.about import About
from crs_plugin.data.dataset import SPLITS, DataError, FaceDataset
from crs_plugin.data.layouts.class_folders import published_images, split_folders
from crs_plugin.data.layouts.fer2013_pixels import TABLES, as_images, as_pixels
from crs_plugin.data.layouts.label_names import PublishedLabels, split_name
from crs_plugin.data.layouts.label_tables import read_rows
from crs_plugin.data.layouts.records import Records
from crs_plugin.data.layouts.roots import entry_in, set_folder
from crs_plugin.registry import register

ABOUT = About(
    title="FER2013",
    setting="wild",
    images="28,709 train, 3,589 valid, 3,589 test",
    labels={
        "0": "anger",
        "1": "disgust",
        "2": "fear",
        "3": "happiness",
        "4": "sadness",
        "5": "surprise",
        "6": "neutral",
    },
    layout=(
        "fer2013.csv (emotion, pixels, Usage)",
        "icml_face_data.csv (emotion, Usage, pixels)",
        "train/ and test/ with a folder per expression, by name",
    ),
    how_to_get=(
        "FER2013 is for research, at Kaggle: 'Challenges in Representation Learning: Facial"
        " Expression Recognition Challenge',"
        " https://www.kaggle.com/c/challenges-in-representation-learning-facial-expression-recognition-challenge"
    ),
)


@register("dataset", "fer2013")
def fer2013(*, root: Path | None = None) -> FaceDataset:
    """FER2013: 48×48 grey faces from the web, seven expressions.

    The table's Training, PublicTest and PrivateTest are train, valid and test. Folders keep the
    splits that they are called by: in ``train`` and ``test`` of Kaggle's copies, the latter holds
    PublicTest and PrivateTest.

    Args:
        root: Folder with ``fer2013.csv`` or ``icml_face_data.csv``, or else with folders ``train``,
            ``test`` and the like, in each a folder per expression. Default ``$CRS_DATA/fer2013``.

    Raises:
        DataError: If files are missing, or a line or a folder is wrong.
    """
    folder = set_folder(root, "fer2013", (*TABLES, "train", "test"), ABOUT.how_to_get)
    found = (entry_in(folder, table) for table in TABLES)
    table = next((path for path in found if path), None)
    return _from_folders(folder) if table is None else _from_table(table)


def _from_folders(folder: Path) -> FaceDataset:
    names = {str(expression): expression for expression in ABOUT.labels.values()}
    records = Records("fer2013", folder)
    for split, part in split_folders(folder):
        for image, fine in published_images(part, PublishedLabels(names), records):
            records.add(image, fine, split)
    return records.dataset()


def _from_table(file: Path) -> FaceDataset:
    labels = PublishedLabels(ABOUT.labels)
    pixels: list[NDArray[np.uint8]] = []
    places, fine, splits = array("q"), array("h"), array("b")
    for row in read_rows(file, ("emotion", "pixels", "Usage")):
        emotion, cell, usage = row.cells
        split = split_name(usage)
        if split is None:
            raise DataError(
                f"{row.where}: unknown usage {usage!r}; known are Training, PublicTest, PrivateTest"
            )
        label = labels.fine_id(emotion, row.where)
        assert label is not None  # its table leaves nothing out
        pixels.append(as_pixels(cell, row.where))
        places.append(row.number)
        fine.append(label)
        splits.append(SPLITS.index(split))
    if not pixels:
        raise DataError(f"{file}: there is no image in it")
    return FaceDataset(
        name="fer2013",
        images=as_images(pixels, places, file),
        fine=np.array(fine, np.int16),
        split=np.array(splits, np.int8),
        subject=np.full(len(pixels), -1, np.int32),
    )
