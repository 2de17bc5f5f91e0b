from pathlib import Path

import pytest

from crs_plugin.data import DataError
from crs_plugin.data.layouts.label_lines import read_lines


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_lines_whatever_their_ends_and_encoding(tmp_path: Path, encoding: str) -> None:
    file = tmp_path / "list.txt"
    file.write_bytes("a é 1 \r\n\r\n  b 2\nc\x0b 3\rd".encode(encoding))
    assert list(read_lines(file)) == [
        (f"{file}:1", "a é 1"),
        (f"{file}:3", "b 2"),
        (f"{file}:4", "c\x0b 3"),
        (f"{file}:5", "d"),
    ]


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "list.txt").write_bytes(b"\xff\x00\xff")
    with pytest.raises(DataError, match=r"list\.txt: is not UTF-8 text"):
        list(read_lines(tmp_path / "list.txt"))
    with pytest.raises(DataError, match=r"none\.txt: cannot be read: No such file"):
        list(read_lines(tmp_path / "none.txt"))
