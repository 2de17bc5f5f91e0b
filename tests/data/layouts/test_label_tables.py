import sys
from pathlib import Path

import pytest

from crs_plugin.data import DataError
from crs_plugin.data.layouts.label_tables import read_rows
from crs_plugin.registry import MissingExtraError

ROWS = [("2", ("fear", "a.png")), ("3", ("anger", "b, c.png"))]


def rows(file: Path, *columns: str) -> list[tuple[str, tuple[str, ...]]]:
    return [
        (row.where.removeprefix(f"{file}:"), row.cells)
        for row in read_rows(file, columns or ("label", "path"))
    ]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("plain.csv", b'path,label\na.png,fear\n"b, c.png",anger\n'),
        ("windows.csv", b'\xef\xbb\xbfpath,label\r\na.png,fear\r\n"b, c.png",anger\r\n'),
        ("blanks.csv", b'path, label, other\na.png , fear,1\n"b, c.png",anger,\n'),
        ("semicolons.csv", b"path;label\r\na.png;fear\r\nb, c.png;anger\r\n"),
        ("tabs.csv", b"path\tlabel\na.png\tfear\nb, c.png\tanger\n"),
        ("tabs.TSV", b"path\tlabel\na.png\tfear\nb, c.png\tanger"),
        ("excel.csv", 'path,label\na.png,fear\n"b, c.png",anger\n'.encode("utf-16")),
    ],
)
def test_ways_to_write_the_same_table(tmp_path: Path, name: str, content: bytes) -> None:
    file = tmp_path / name
    file.write_bytes(content)
    assert rows(file) == ROWS


def test_empty_lines_are_skipped_but_counted(tmp_path: Path) -> None:
    file = tmp_path / "a.csv"
    file.write_text("path,label\n\na.png,fear\n\n\nb.png,anger\n\n")
    assert [where for where, _ in rows(file)] == ["3", "6"]


def test_column_may_be_wanted_twice(tmp_path: Path) -> None:
    file = tmp_path / "a.csv"
    file.write_text("path,label\na.png,fear\n")
    assert rows(file, "path", "path") == [("2", ("a.png", "a.png"))]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"path,lable\n", r"a\.csv:1: there is no column 'label' \(did you mean 'lable'\?\)"),
        (b"", r"a\.csv:1: there is no column 'label'; columns are \(none\)"),
        (b"path,label\na,fear\nb\n", r"a\.csv:3: 1 cells where the header has 2"),
        (b"path,label\n\xe9.png,fear\n", r"a\.csv: is not UTF-8 text .* save it as UTF-8"),
    ],
)
def test_broken_tables_name_file_and_line(tmp_path: Path, content: bytes, message: str) -> None:
    file = tmp_path / "a.csv"
    file.write_bytes(content)
    with pytest.raises(DataError, match=message):
        rows(file)


def test_missing_file(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"a\.csv: cannot be read: No such file"):
        rows(tmp_path / "a.csv")


def test_parquet(tmp_path: Path) -> None:
    pa = pytest.importorskip("pyarrow")
    parquet = pytest.importorskip("pyarrow.parquet")
    file = tmp_path / "a.parquet"
    parquet.write_table(pa.table({"path": ["a.png", "b.png"], "label": [3, None]}), file)
    found = [(row.where, row.cells) for row in read_rows(file, ("label", "path"))]
    assert found == [(f"{file}: row 1", ("3", "a.png")), (f"{file}: row 2", ("", "b.png"))]
    with pytest.raises(DataError, match=r"no column 'lable' \(did you mean 'label'\?\)"):
        rows(file, "lable")


def test_broken_parquet(tmp_path: Path) -> None:
    pytest.importorskip("pyarrow")
    file = tmp_path / "a.parquet"
    file.write_text("path,label\n")
    with pytest.raises(DataError, match=r"a\.parquet: cannot be read: .*Parquet"):
        rows(file)


def test_parquet_without_the_extra_says_how_to_install_it(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'crs_plugin\[parquet\]'"):
        rows(tmp_path / "a.parquet")
