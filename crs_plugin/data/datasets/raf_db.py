"""RAF-DB, basic part: seven expressions in the wild."""

from pathlib import Path

from crs_plugin.data.about import About
from crs_plugin.data.dataset import FaceDataset
from crs_plugin.data.layouts.raf_db_lists import HOW_TO_GET, raf_db_layout, read_raf_db
from crs_plugin.registry import register

ABOUT = About(
    title="RAF-DB, basic part",
    setting="wild",
    images="12,271 train, 3,068 test",
    labels={
        "1": "surprise",
        "2": "fear",
        "3": "disgust",
        "4": "happiness",
        "5": "sadness",
        "6": "anger",
        "7": "neutral",
    },
    layout=raf_db_layout("basic"),
    how_to_get=HOW_TO_GET,
)


@register("dataset", "raf_db")
def raf_db(*, root: Path | None = None) -> FaceDataset:
    """RAF-DB, basic part: aligned faces from the web, seven expressions.

    Args:
        root: Folder with ``basic/EmoLabel/list_patition_label.txt`` and ``basic/Image/aligned/``,
            or ``basic`` itself. Default ``$CRS_DATA/raf_db``.

    Raises:
        DataError: If files are missing or a line of the list is wrong.
    """
    return read_raf_db(root, "raf_db", "basic", ABOUT)
