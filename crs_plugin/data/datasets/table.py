"""Any images of faces that a table lists: CSV, TSV or Parquet."""

import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Annotated, NamedTuple

from annotated_types import Len

from crs_plugin.data.about import About
from crs_plugin.data.dataset import SPLITS, DataError, FaceDataset
from crs_plugin.data.layouts.box_extent import check_box_extent
from crs_plugin.data.layouts.finite_numbers import finite_numbers
from crs_plugin.data.layouts.label_names import LabelNames, split_name
from crs_plugin.data.layouts.label_tables import Row, read_rows
from crs_plugin.data.layouts.records import Records
from crs_plugin.data.layouts.roots import data_root, first_that_exists, inside
from crs_plugin.expressions import UNLABELLED
from crs_plugin.registry import Condition, NonNegativeFloat, register

ABOUT = About(
    title="Table",
    setting="your own",
    images="as many as there are",
    labels={},
    layout=("a CSV, TSV or Parquet file with a line per image, and the images",),
    how_to_get="This is your own table: a line per image with its path and its expression.",
)

_IF_OUTSIDE = (
    "; set 'root' to a folder that has both the table and the images in it, 'file' to the table's"
    " path from there, and 'image_folder' to the folder from there that images' paths start from"
)


def _compiled(pattern: str) -> re.Pattern[str]:
    try:
        compiled = re.compile(pattern)
    except re.error as error:
        raise ValueError(f"a regular expression: {error}") from error
    if compiled.groups != 1:
        found = compiled.groups or "none"
        raise ValueError(f"one group (…) around what tells persons apart; there is {found}")
    return compiled


SubjectPattern = Annotated[str, Condition("a regular expression with one group", _compiled)]


@register("dataset", "table")
def table(
    *,
    root: Path | None = None,
    file: str,
    image_column: str = "path",
    image_folder: str = "",
    label_column: str | None = "label",
    labels: Mapping[str | int, str | None] | None = None,
    split_column: str | None = None,
    subject_column: str | None = None,
    subject_pattern: SubjectPattern | None = None,
    box_columns: Annotated[list[str], Len(4, 4)] | None = None,
    landmark_columns: Annotated[list[str], Len(10, 10)] | None = None,
    margin: NonNegativeFloat = 0.0,
) -> FaceDataset:
    r"""Your own images, listed by a CSV, TSV or Parquet file.

    Args:
        root: Folder of the table and the images. Default ``$CRS_DATA/table``.
        file: The table, relative to ``root``: ``.csv``, ``.tsv`` or ``.parquet`` (extra
            ``parquet``), with a header.
        image_column: Column of the images' paths.
        image_folder: Folder below ``root`` that the paths start from.
        label_column: Column of the expressions; an empty cell is an image without a label. None if
            there is no such column.
        labels: What the column says → expression, or null to leave the record out. Names of
            expressions and their aliases need no entry. Words that do not occur are refused.
        split_column: Column of the split (train, val, test and the like).
        subject_column: Column that tells persons apart; an empty cell is an unknown person.
        subject_pattern: Regular expression with one group that finds the person in the path,
            as ``(.+)_\d+\.jpg`` does in ``Jane_Doe_0002.jpg``.
        box_columns: Four columns with the face's x, y, width and height in pixels.
        landmark_columns: Ten columns with x and y, in pixels, of the left eye, the right eye, the
            tip of the nose, the left and the right corner of the mouth, left and right as one sees
            them in the picture. Faces are then turned upright and cut out so that these come to lie
            where ArcFace's 112-px template has them. Instead of ``box_columns``.
        margin: What is added on each side of a box, as a share of its width and height, up to the
            edge of the image; of an aligned face, as a share of its side: ArcFace's template ends
            about at chin and hair.

    Raises:
        DataError: If the table cannot be read or a cell is wrong; the message has file and line.
            Also if most boxes reach far beyond their images.
        MissingExtraError: For Parquet without the extra ``parquet``.
    """
    folder = data_root(root, "table", ABOUT.how_to_get)
    path = inside(folder, file, "option 'file'", _IF_OUTSIDE)
    path = str(first_that_exists(folder, (path,), "table", ABOUT.how_to_get))
    _check_places(box_columns, landmark_columns, margin)
    columns = _Columns(
        image_column,
        label_column,
        split_column,
        subject_column,
        tuple(box_columns or ()),
        tuple(landmark_columns or ()),
    )
    names = LabelNames(labels, "labels")
    pattern = _checked_pattern(subject_pattern, subject_column)
    records = Records(folder.resolve().name or "table", folder, margin)
    is_empty = True
    for row in read_rows(Path(path), columns.wanted()):
        is_empty = False
        cells = columns.named(row)
        if not cells.image:
            raise DataError(f"{row.where}: no path in column {image_column!r}")
        image = inside(
            folder,
            os.path.join(image_folder, cells.image) if image_folder else cells.image,
            row.where,
            _IF_OUTSIDE,
        )
        fine = names.fine_id(cells.label, row.where) if cells.label else UNLABELLED
        if fine is None:
            records.leave_out(image, f"label {cells.label} left out by 'labels'")
            continue
        records.add(
            image,
            fine,
            _split(cells.split, row.where),
            cells.subject or _subject(pattern, cells.image, row.where),
            _numbers(cells.box, "a box needs four finite numbers", row.where),
            _numbers(cells.landmarks, "five landmarks need ten finite numbers", row.where),
        )
    if is_empty:
        raise DataError(f"{path}: there is no line below the header")
    names.check(path)
    records.skip_unnamed("image that is not in the table")
    faces = records.dataset(names.meanings)
    if box_columns:
        check_box_extent(faces.images, path, "box_columns")
    return faces


class _Cells(NamedTuple):
    image: str
    label: str
    split: str
    subject: str
    box: tuple[str, ...]
    landmarks: tuple[str, ...]


@dataclass(frozen=True)
class _Columns:
    """The columns' names; the cells of a row come in the order of ``wanted``."""

    image: str
    label: str | None
    split: str | None
    subject: str | None
    box: tuple[str, ...]
    landmarks: tuple[str, ...]

    def wanted(self) -> list[str]:
        optional = [name for name in (self.label, self.split, self.subject) if name]
        return [self.image, *optional, *self.box, *self.landmarks]

    def named(self, row: Row) -> _Cells:
        cells = iter(row.cells)
        return _Cells(
            image=next(cells),
            label=next(cells) if self.label else "",
            split=next(cells) if self.split else "all",
            subject=next(cells) if self.subject else "",
            box=tuple(islice(cells, len(self.box))),
            landmarks=tuple(cells),
        )


def _split(text: str, where: str) -> str:
    split = split_name(text)
    if split is None:
        raise DataError(f"{where}: unknown split {text!r}; known are {', '.join(SPLITS)}")
    return split


def _subject(pattern: re.Pattern[str] | None, image: str, where: str) -> str | None:
    if pattern is None:
        return None
    match = pattern.search(image)
    if match is None or match[1] is None:
        # Counting it as unknown would let the same person onto both sides of a split.
        raise DataError(
            f"{where}: the option 'subject_pattern' {pattern.pattern!r} finds nobody in {image!r}"
        )
    return match[1]


def _checked_pattern(pattern: str | None, column: str | None) -> re.Pattern[str] | None:
    if column and pattern:
        raise DataError("options 'subject_column' and 'subject_pattern': give one of them")
    try:
        return None if pattern is None else _compiled(pattern)
    except ValueError as error:
        raise DataError(f"option 'subject_pattern': found {pattern!r}, expected {error}") from error


def _check_places(
    boxes: Sequence[str] | None, landmarks: Sequence[str] | None, margin: float
) -> None:
    if boxes is not None and len(boxes) != 4:
        raise DataError(f"option 'box_columns' needs x, y, width, height, not {boxes}")
    if landmarks is not None and len(landmarks) != 10:
        raise DataError(f"option 'landmark_columns' needs x, y of five landmarks, not {landmarks}")
    if boxes and landmarks:
        raise DataError("options 'box_columns' and 'landmark_columns': give one of them")
    if margin and not (boxes or landmarks):
        raise DataError("option 'margin' needs 'box_columns' or 'landmark_columns'")


def _numbers(cells: Sequence[str], needed: str, where: str) -> list[float] | None:
    if not cells:
        return None
    numbers = finite_numbers(cells)
    if numbers is None:
        raise DataError(f"{where}: {needed}, not {list(cells)}")
    return numbers
