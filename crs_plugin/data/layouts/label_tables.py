"""Label files with a header line: CSV, TSV and Parquet, read as text with their line numbers."""

import csv
from collections.abc import Iterator, Sequence
from operator import itemgetter
from pathlib import Path
from typing import NamedTuple

from crs_plugin.data.dataset import DataError
from crs_plugin.did_you_mean import did_you_mean
from crs_plugin.registry import MissingExtraError

_TAB_SUFFIXES = (".tsv", ".tab")
_PARQUET_SUFFIXES = (".parquet", ".pq")
_UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")


class Row(NamedTuple):
    """One record of a label file; a plain tuple, as there may be millions.

    Attributes:
        number: Its line in the file, the header's being 1; for Parquet the number of the row.
        where: ``file:line`` (for Parquet ``file: row N``), for messages.
        cells: The wanted columns' texts, without surrounding blanks.
    """

    number: int
    where: str
    cells: tuple[str, ...]


def read_rows(file: Path, columns: Sequence[str]) -> Iterator[Row]:
    """Yield the wanted columns of a label file, row by row.

    The suffix tells the format: ``.tsv`` and ``.tab`` are separated by tabs, ``.parquet`` and
    ``.pq`` are Parquet, everything else by commas, or by semicolons or tabs where the header has no
    comma. Text is UTF-8, or UTF-16 with its mark; line ends do not matter, nor do blanks around
    names and cells.

    Args:
        file: The file.
        columns: Names of the wanted columns, in the order in which the cells of a row come.

    Raises:
        DataError: If the file cannot be read, lacks a column, or has a row with a different number
            of cells than the header; the message names the line.
        MissingExtraError: For Parquet without the extra ``parquet``.
    """
    if file.suffix.lower() in _PARQUET_SUFFIXES:
        yield from _parquet_rows(file, columns)
        return
    separators = "\t" if file.suffix.lower() in _TAB_SUFFIXES else ",;\t"
    try:
        with file.open(encoding=text_encoding(file), newline="") as text:
            header = text.readline()
            text.seek(0)
            found = [separator for separator in separators if separator in header]
            reader = csv.reader(text, delimiter=found[0] if found else separators[0])
            yield from _text_rows(reader, file, columns)
    except OSError as error:
        raise DataError(f"{file}: cannot be read: {error.strerror}") from error
    except UnicodeError as error:
        raise DataError(f"{file}: is not UTF-8 text ({error}); save it as UTF-8") from error
    except csv.Error as error:
        raise DataError(f"{file}:{reader.line_num}: {error}") from error


def _text_rows(
    reader: "csv._reader",  # type: ignore[name-defined]
    file: Path,
    columns: Sequence[str],
) -> Iterator[Row]:
    header = [name.strip() for name in next(reader, [])]
    indices = _find(columns, header, f"{file}:1")
    width, source = len(header), f"{file}:"
    wanted = itemgetter(*indices, indices[0])  # one more, so that it gives a tuple for one as well
    for cells in reader:
        if not any(cells):
            continue
        if len(cells) != width:
            raise DataError(
                f"{source}{reader.line_num}: {len(cells)} cells where the header has {width}"
            )
        line = reader.line_num
        yield Row(line, f"{source}{line}", tuple(map(str.strip, wanted(cells)[:-1])))


def _parquet_rows(file: Path, columns: Sequence[str]) -> Iterator[Row]:
    try:
        from pyarrow import ArrowException, parquet
    except ImportError as error:
        raise MissingExtraError(f"{file.name}: reading Parquet", "parquet") from error
    try:
        with parquet.ParquetFile(file) as opened:
            names = opened.schema_arrow.names
            found = [names[i] for i in _find(columns, names, str(file))]
            table = opened.read(columns=list(dict.fromkeys(found)))
    except (ArrowException, OSError) as error:
        raise DataError(f"{file}: cannot be read: {error}") from error
    by_column = [table.column(name).to_pylist() for name in found]
    for number, cells in enumerate(zip(*by_column, strict=True), start=1):
        texts = tuple("" if cell is None else str(cell).strip() for cell in cells)
        yield Row(number, f"{file}: row {number}", texts)


def _find(columns: Sequence[str], header: list[str], where: str) -> list[int]:
    for name in columns:
        if name not in header:
            raise DataError(
                f"{where}: there is no column {name!r}{did_you_mean(name, header)};"
                f" columns are {', '.join(header) or '(none)'}"
            )
    return [header.index(name) for name in columns]


def text_encoding(file: Path) -> str:
    """Return how a text file is encoded: UTF-16 if it begins with its mark, else UTF-8."""
    with file.open("rb") as raw:
        return "utf-16" if raw.read(2) in _UTF16_MARKS else "utf-8-sig"
