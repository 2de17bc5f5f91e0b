"""FED-RO: faces from the web that something really hides in part."""

from pathlib import Path

from crs_plugin.data.about import About
from crs_plugin.data.dataset import FaceDataset
from crs_plugin.data.layouts.class_folders import published_images
from crs_plugin.data.layouts.label_names import PublishedLabels
from crs_plugin.data.layouts.records import Records
from crs_plugin.data.layouts.roots import set_folder
from crs_plugin.registry import register

ABOUT = About(
    title="FED-RO",
    setting="wild",
    images="400 test",
    labels={
        "angry": "anger",
        "disgust": "disgust",
        "fear": "fear",
        "happy": "happiness",
        "neural": "neutral",  # sic
        "sad": "sadness",
        "surprise": "surprise",
    },
    layout=("a folder per expression: angry, disgust, fear, happy, neural (sic), sad, surprise",),
    how_to_get=(
        "FED-RO is given to researchers, for non-commercial research, by the authors of PG-CNN:"
        " 'Facial Expression Dataset with Real Occlusions', https://github.com/mysee1989/PG-CNN"
    ),
)


@register("dataset", "fed_ro")
def fed_ro(*, root: Path | None = None) -> FaceDataset:
    """FED-RO: occluded faces from the web, seven expressions, for testing only.

    Args:
        root: Folder with a folder per expression. Default ``$CRS_DATA/fed_ro``.

    Raises:
        DataError: If folders are missing, empty, or no expression of the set.
    """
    folder = set_folder(root, "fed_ro", (*ABOUT.labels, "neutral"), ABOUT.how_to_get)
    records = Records("fed_ro", folder)
    for image, fine in published_images(folder, PublishedLabels(ABOUT.labels), records):
        records.add(image, fine, "test")
    return records.dataset()
