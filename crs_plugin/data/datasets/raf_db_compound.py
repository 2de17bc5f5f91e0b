"""RAF-DB, compound part: eleven expressions that pre-training never names."""

from pathlib import Path

from crs_plugin.data.dataset import FaceDataset
from crs_plugin.data.raf_db_lists import read_raf_db
from crs_plugin.expressions import COMPOUND_EXPRESSIONS
from crs_plugin.registry import register


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
    return read_raf_db(root, "raf_db_compound", "compound", COMPOUND_EXPRESSIONS)
