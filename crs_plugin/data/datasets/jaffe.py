"""JAFFE: ten women pose seven expressions."""

import re
from pathlib import Path

from crs_plugin.data.about import About
from crs_plugin.data.dataset import FaceDataset
from crs_plugin.data.layouts.coded_names import coded_images
from crs_plugin.data.layouts.image_tree import not_recognised
from crs_plugin.data.layouts.records import Records
from crs_plugin.data.layouts.roots import data_root
from crs_plugin.expressions import fine_id
from crs_plugin.registry import register

LABELS = {
    "AN": "anger",
    "DI": "disgust",
    "FE": "fear",
    "HA": "happiness",
    "NE": "neutral",
    "SA": "sadness",
    "SU": "surprise",
}
"""Code in the file names → expression."""

ABOUT = About(
    title="JAFFE",
    setting="lab",
    images="213 of 10 persons",
    labels=dict(LABELS),
    layout=("images with names like KA.AN1.39.tiff, in whatever folders",),
    how_to_get=(
        "JAFFE (The Japanese Female Facial Expression Dataset) is given to researchers, for"
        " non-commercial scientific research, on request: https://zenodo.org/records/3451524"
    ),
)

_CODE = re.compile(rf"([A-Z]{{2}})\.({'|'.join(LABELS)})\d+\.\d+")
"""Person, expression and which time she posed it, number of the picture."""


@register("dataset", "jaffe")
def jaffe(*, root: Path | None = None) -> FaceDataset:
    """JAFFE: ten Japanese women, seven posed expressions, 213 grey images of 256×256 px.

    Person and expression are read from the file names; folders do not matter. The set has no
    splits.

    Args:
        root: Folder with ``KA.AN1.39.tiff`` and so on, at any depth. Default ``$CRS_DATA/jaffe``.

    Raises:
        DataError: If there is no such image.
    """
    folder = data_root(root, "jaffe", ABOUT.how_to_get)
    records = Records("jaffe", folder)
    found = list(coded_images(records, _CODE, "KA.AN1.39.tiff"))
    if not found:
        raise not_recognised("jaffe", folder, ABOUT)
    for path, match in found:
        records.add(path, fine_id(LABELS[match[2]]), "all", match[1])
    return records.dataset()
