"""RAF-DB, basic part: seven expressions in the wild."""

from pathlib import Path

from crs_plugin.data.dataset import FaceDataset
from crs_plugin.data.raf_db_lists import read_raf_db
from crs_plugin.registry import register

CLASSES = ("surprise", "fear", "disgust", "happiness", "sadness", "anger", "neutral")
"""In the order of the list file's numbers, 1 to 7."""


@register("dataset", "raf_db")
def raf_db(*, root: Path | None = None) -> FaceDataset:
    """RAF-DB, basic part: aligned faces from the web, seven expressions.

    Args:
        root: Folder with ``basic/EmoLabel/list_patition_label.txt`` and ``basic/Image/aligned/``,
            or ``basic`` itself. Default ``$CRS_DATA/raf_db``.

    Raises:
        DataError: If files are missing or a line of the list is wrong.
    """
    return read_raf_db(root, "raf_db", "basic", CLASSES)
