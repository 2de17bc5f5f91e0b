"""SFEW 2.0: faces from films."""

from pathlib import Path

from crs_plugin.data.about import About
from crs_plugin.data.dataset import FaceDataset
from crs_plugin.data.layouts.class_folders import images_in, published_images, split_folders
from crs_plugin.data.layouts.image_tree import folders_in
from crs_plugin.data.layouts.label_names import PublishedLabels
from crs_plugin.data.layouts.records import Records
from crs_plugin.data.layouts.roots import set_folder
from crs_plugin.data.layouts.valid_as_test import valid_called_test
from crs_plugin.registry import register

ABOUT = About(
    title="SFEW 2.0",
    setting="wild",
    images="958 train, 436 valid, 372 test without labels",
    labels={
        "Angry": "anger",
        "Disgust": "disgust",
        "Fear": "fear",
        "Happy": "happiness",
        "Neutral": "neutral",
        "Sad": "sadness",
        "Surprise": "surprise",
    },
    layout=(
        "Train/ and Val/ with a folder per expression, or with Train_Aligned_Faces/ and"
        " Val_Aligned_Faces/ that have those",
    ),
    how_to_get=(
        "SFEW 2.0 is given to researchers, for non-commercial research, after a signed agreement:"
        " page 'AFEW and SFEW' of the Australian National University,"
        " https://cs.anu.edu.au/few/AFEW.html"
    ),
)


@register("dataset", "sfew")
def sfew(*, root: Path | None = None, valid_as_test: bool = False) -> FaceDataset:
    """SFEW 2.0: faces from films, seven expressions; the labels of its test split are withheld.

    Args:
        root: Folder with ``Train`` and ``Val``, in each a folder per expression. If they hold whole
            frames and aligned faces (``Train_Aligned_Faces``), the faces are taken. Default
            ``$CRS_DATA/sfew``.
        valid_as_test: Call the split Val ``test``, as publications do. Validation images are then
            to be split off the training images.

    Raises:
        DataError: If folders are missing, empty, or no expression of the set.
    """
    folder = set_folder(root, "sfew", ("Train", "Val"), ABOUT.how_to_get)
    records = Records("sfew", folder)
    for split, part in split_folders(folder):
        if split == "test":
            withheld = len(images_in(part, records))
            records.skip("test image, whose label is withheld", withheld)
            continue
        for image, fine in published_images(_faces(part), PublishedLabels(ABOUT.labels), records):
            records.add(image, fine, split)
    dataset = records.dataset()
    return valid_called_test(dataset) if valid_as_test else dataset


def _faces(part: Path) -> Path:
    aligned = [name for name in folders_in(part) if "aligned" in name.lower()]
    return part / aligned[0] if len(aligned) == 1 else part
