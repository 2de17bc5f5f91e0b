"""The list files and folders of RAF-DB, which its basic and its compound part share."""

from pathlib import Path

from crs_plugin.data.dataset import DataError, FaceDataset
from crs_plugin.data.records import Records
from crs_plugin.data.roots import data_root, first_that_exists
from crs_plugin.expressions import fine_id

HOW_TO_GET = (
    "RAF-DB is given to researchers, for non-commercial research, on request:"
    " http://www.whdeng.cn/raf/model1.html"
)

# The first is how the release spells it.
_LISTS = ("EmoLabel/list_patition_label.txt", "EmoLabel/list_partition_label.txt")
_SPLITS = ("train", "test")


def read_raf_db(
    root: Path | None, name: str, part: str, expressions: tuple[str, ...]
) -> FaceDataset:
    """Open one part of RAF-DB.

    Args:
        root: The folder, or None for ``$CRS_DATA/<name>``.
        name: Name of the data set.
        part: Folder of the part below ``root``; ``root`` may also be that folder itself.
        expressions: The expressions in the order of the list file's numbers, which start at 1.

    Raises:
        DataError: If files are missing or a line is not ``train_00001.jpg 5``.
    """
    root = data_root(root, name, HOW_TO_GET)
    folder = root / part if (root / part).is_dir() else root
    file = first_that_exists(folder, _LISTS, name, HOW_TO_GET)
    ids = {str(n): fine_id(expression) for n, expression in enumerate(expressions, start=1)}
    records = Records(name, folder)
    for number, line in enumerate(_lines(file), start=1):
        if not line.strip():
            continue
        image, label, split = _parsed(line, f"{file}:{number}")
        if label not in ids:
            raise DataError(
                f"{file}:{number}: unknown label {label!r}; known are "
                + ", ".join(f"{n} {expression}" for n, expression in enumerate(expressions, 1))
            )
        stem, dot, suffix = image.rpartition(".")
        records.add(f"Image/aligned/{stem}_aligned{dot}{suffix}", ids[label], split)
    return records.dataset()


def _lines(file: Path) -> list[str]:
    try:
        return file.read_text(encoding="utf-8-sig").splitlines()
    except OSError as error:
        raise DataError(f"{file}: cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise DataError(f"{file}: is not UTF-8 text ({error})") from error


def _parsed(line: str, where: str) -> tuple[str, str, str]:
    words = line.split()
    split = words[0].partition("_")[0]
    if (
        len(words) != 2
        or split not in _SPLITS
        or "." not in words[0]
        or set(words[0]) & {"/", "\\"}
    ):
        raise DataError(f"{where}: a line must be like 'train_00001.jpg 5', not {line.strip()!r}")
    return words[0], words[1], split
