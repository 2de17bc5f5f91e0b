"""RAF-DB, compound part: eleven expressions that pre-training never names."""

from pathlib import Path

from crs_plugin.data.about import About
from crs_plugin.data.dataset import FaceDataset
from crs_plugin.data.layouts.raf_db_lists import HOW_TO_GET, raf_db_layout, read_raf_db
from crs_plugin.registry import register

ABOUT = About(
    title="RAF-DB, compound part",
    setting="wild",
    images="3,162 train, 792 test",
    labels={
        "1": "happily surprised",
        "2": "happily disgusted",
        "3": "sadly fearful",
        "4": "sadly angry",
        "5": "sadly surprised",
        "6": "sadly disgusted",
        "7": "fearfully angry",
        "8": "fearfully surprised",
        "9": "angrily surprised",
        "10": "angrily disgusted",
        "11": "disgustedly surprised",
    },
    layout=raf_db_layout("compound"),
    how_to_get=HOW_TO_GET,
)


@register("dataset", "raf_db_compound")
def raf_db_compound(*, root: Path | None = None) -> FaceDataset:
    """RAF-DB, compound part: aligned faces from the web, eleven compound expressions.

    Args:
        root: Folder with ``compound/EmoLabel/list_patition_label.txt`` and
            ``compound/Image/aligned/``, or ``compound`` itself. Default
            ``$CRS_DATA/raf_db_compound``.

    Raises:
        DataError: If files are missing or a line of the list is wrong.
    """
    return read_raf_db(root, "raf_db_compound", "compound", ABOUT)
