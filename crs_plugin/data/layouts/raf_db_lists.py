"""The list files and folders of RAF-DB, which its basic and its compound part share."""

from pathlib import Path

from crs_plugin.data.about import About
from crs_plugin.data.dataset import DataError, FaceDataset
from crs_plugin.data.layouts.label_lines import read_lines
from crs_plugin.data.layouts.label_names import PublishedLabels
from crs_plugin.data.layouts.records import Records
from crs_plugin.data.layouts.roots import (
    data_root,
    entry_in,
    first_that_exists,
    set_folder,
    unpacked,
)

HOW_TO_GET = (
    "RAF-DB is given to researchers, for non-commercial research, on request: page 'Real-world"
    " Affective Faces Database', http://www.whdeng.cn/raf/model1.html"
)

# The first is how the release spells it.
_LISTS = ("EmoLabel/list_patition_label.txt", "EmoLabel/list_partition_label.txt")
_PARTS = ("basic", "compound")
_SPLITS = ("train", "test")


def raf_db_layout(part: str) -> tuple[str, ...]:
    """Return what a part of RAF-DB has on disk, for its ``ABOUT``."""
    return (f"{part}/{_LISTS[0]} and {part}/Image/aligned/, or {part} itself as the root",)


def read_raf_db(root: Path | None, name: str, part: str, about: About) -> FaceDataset:
    """Open one part of RAF-DB.

    Args:
        root: The folder, or None for ``$CRS_DATA/<name>``.
        name: Name of the data set.
        part: Folder of the part: it is the root, or lies in it, or in a folder in it.
        about: Its labels are the list file's numbers, which start at 1.

    Raises:
        DataError: If files are missing or a line is not ``train_00001.jpg 5``.
    """
    folder = _part_folder(root, name, part)
    labels = PublishedLabels(about.labels)
    images = unpacked(entry_in(folder, "Image/aligned") or folder / "Image" / "aligned")
    records = Records(name, folder)
    prefix = images.relative_to(folder).as_posix()
    for where, line in read_lines(first_that_exists(folder, _LISTS, name, HOW_TO_GET)):
        image, label, split = _parsed(line, where)
        fine = labels.fine_id(label, where)
        assert fine is not None  # its table leaves nothing out
        stem, dot, suffix = image.rpartition(".")
        records.add(f"{prefix}/{stem}_aligned{dot}{suffix}", fine, split)
    records.skip_unnamed()
    return records.dataset()


def _part_folder(root: Path | None, name: str, part: str) -> Path:
    """Return the folder with ``EmoLabel``; never the other part's, whose numbers mean others."""
    folder = data_root(root, name, HOW_TO_GET)
    if folder.absolute().name.lower() not in _PARTS and entry_in(folder, "EmoLabel"):
        return folder
    lists = tuple(f"{part}/{file}" for file in _LISTS)
    return entry_in(set_folder(root, name, lists, HOW_TO_GET), part) or folder


def _parsed(line: str, where: str) -> tuple[str, str, str]:
    words = line.split()
    split = words[0].partition("_")[0]
    if (
        len(words) != 2
        or split not in _SPLITS
        or "." not in words[0]
        or set(words[0]) & {"/", "\\"}
    ):
        raise DataError(f"{where}: a line must be like 'train_00001.jpg 5', not {line!r}")
    return words[0], words[1], split
