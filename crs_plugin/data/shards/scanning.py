"""Making the index of a shard, by reading the tar file once from its start to its end."""

import json
import re
import tarfile
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from hashlib import blake2b
from pathlib import Path, PurePath
from typing import Any, BinaryIO

from crs_plugin.data.dataset import SPLITS, DataError
from crs_plugin.data.images import is_image_name
from crs_plugin.data.layouts.label_names import split_name
from crs_plugin.data.shards.index import COLUMNS, Fields, ShardIndex

_KEY_AND_KIND = re.compile(r"((?:.*/|)[^.]+)[.]([^/]*)")
"""A member's name as WebDataset takes it apart: the record's key, and what of it the member is."""

_META = re.compile(r"__[^/]*__($|/)")
"""Members that WebDataset keeps for itself."""

_PICKLED = ("pyd", "pickle", "pkl", "pth", "pt")
_BLOCK = 512
_FILE_TYPES = (tarfile.REGTYPE, tarfile.AREGTYPE)
_TWICE = "there are two members of this name"

NO_IMAGE = "record without an image"
"""Reason of records that have no member with an image's name."""


@dataclass
class _Record:
    """The members of one key; texts are kind → what is in it."""

    key: str
    kinds: list[str] = field(default_factory=list)
    image: tuple[str, int, int, str] | None = None
    texts: dict[str, bytes] = field(default_factory=dict)


def digest(data: bytes) -> str:
    """Return the digest by which an index knows the bytes of an image."""
    return blake2b(data, digest_size=8).hexdigest()


def scanned(file: Path, name: str, fields: Fields) -> ShardIndex:
    """Read a shard and return its index.

    A record is what follows one another under one key, as WebDataset has it: an image, and its
    label in the field of a ``.json``, or else in a ``.cls`` or ``.txt``. Its split is in the
    ``.json`` too, or else the first word of the shard's own name (``train-000001.tar``). Nothing is
    unpacked and nothing unpickled; members that are no plain files, such as links, do not count.

    Args:
        file: The tar file.
        name: Its whole path or address, for messages.
        fields: Which fields of the ``.json`` say what.

    Raises:
        DataError: If it is no tar file, is compressed or cut short, or a record in it has no label
            or a wrong one; the message names shard and member.
    """
    reader = _Reader(name, fields)
    try:
        with file.open("rb") as raw:
            try:
                for record in _records(raw, name):
                    reader.add(record)
            except tarfile.TarError as error:
                raise DataError(f"{name}: {_what_is_wrong(raw, error)}") from error
            shard_bytes = raw.seek(0, 2)
    except OSError as error:
        raise DataError(f"{name}: cannot be read: {error.strerror}") from error
    return ShardIndex(shard_bytes, **reader.columns, skipped=dict(reader.skipped), fields=fields)


def _records(raw: BinaryIO, name: str) -> Iterator[_Record]:
    record: _Record | None = None
    for member, read in _members(raw, name):
        match = _KEY_AND_KIND.fullmatch(member.name)
        if match is None or _META.match(member.name):
            continue
        key, kind = match[1], match[2].lower()
        if record is None or record.key != key:
            if record is not None:
                yield record
            record = _Record(key)
        if kind in record.kinds:
            raise DataError(f"{name}/{member.name}: {_TWICE}")
        record.kinds.append(kind)
        if is_image_name(member.name):
            if record.image is not None:
                raise DataError(
                    f"{name}/{member.name}: the record {key} has the image {record.image[0]}"
                    " already; there can be one"
                )
            record.image = member.name, member.offset_data, member.size, digest(read())
        elif kind in ("json", "cls", "txt"):
            record.texts[kind] = read()
    if record is not None:
        yield record


def _members(raw: BinaryIO, name: str) -> Iterator[tuple[tarfile.TarInfo, Callable[[], bytes]]]:
    """Yield the plain files in a tar file, with what reads each, and see to it that it is whole."""
    with tarfile.open(fileobj=raw, mode="r:") as tar:
        for member in tar:
            if member.size < 0:  # some versions of tarfile would go back, without end
                raise DataError(f"{name}/{member.name}: has a size below 0")
            if member.type in _FILE_TYPES:
                file = tar.extractfile(member)
                assert file is not None
                yield member, file.read
        end = tar.offset
    raw.seek(end)
    block = raw.read(_BLOCK)
    if block.strip(b"\0"):  # where tarfile takes a damaged header for the end
        raise DataError(f"{name}: is damaged at byte {end:,}, where a member should begin")
    if len(block) < _BLOCK:
        raise DataError(f"{name}: is cut short: it does not end as a tar file does")


def _what_is_wrong(raw: BinaryIO, error: tarfile.TarError) -> str:
    raw.seek(0)
    head = raw.read(6)
    if head[:2] == b"\x1f\x8b" or head[:3] == b"BZh" or head[:6] == b"\xfd7zXZ\0":
        return "is compressed, so that no image in it can be read by itself; unpack it to a .tar"
    if "unexpected end" in str(error):
        return f"is cut short after {raw.seek(0, 2):,} bytes"
    return f"is no tar file ({error})"


class _Reader:
    """Collects the columns of an index, record by record."""

    def __init__(self, name: str, fields: Fields) -> None:
        self._name, self._fields = name, fields
        first_word = re.split(r"[-_.]", PurePath(name).name, maxsplit=1)[0]
        self._split = split_name(first_word) or "all"
        self._members: set[str] = set()
        self.skipped: Counter[str] = Counter()
        self.columns: dict[str, list[Any]] = {column: [] for column in COLUMNS}

    def add(self, record: _Record) -> None:
        if record.image is None:
            pickled = [kind for kind in record.kinds if kind in _PICKLED]
            reason = f": .{pickled[0]} is pickled, and never unpickled" if pickled else ""
            self.skipped[NO_IMAGE + reason] += 1
            return
        if record.image[0] in self._members:
            raise DataError(f"{self._name}/{record.image[0]}: {_TWICE}")
        self._members.add(record.image[0])
        told = self._told(record)
        row = (
            *record.image,
            self._label(record, told),
            self._split_of(record, told),
            self._text(record, told.get(self._fields.subject), self._fields.subject),
        )
        for column, value in zip(self.columns.values(), row, strict=True):
            column.append(value)

    def _told(self, record: _Record) -> dict[str, Any]:
        if "json" not in record.texts:
            return {}
        try:
            told = json.loads(record.texts["json"])
        except ValueError as error:
            raise DataError(f"{self._name}/{record.key}.json: is no JSON: {error}") from error
        if not isinstance(told, dict):
            raise DataError(f"{self._name}/{record.key}.json: is no JSON object, but {told!r:.60}")
        return told

    def _label(self, record: _Record, told: dict[str, Any]) -> str | None:
        if self._fields.label is None:
            return None
        if self._fields.label in told:
            return self._text(record, told[self._fields.label], self._fields.label)
        for kind in ("cls", "txt"):
            if kind in record.texts:
                try:
                    return record.texts[kind].decode().strip() or None
                except UnicodeError as error:
                    where = f"{self._name}/{record.key}.{kind}"
                    raise DataError(f"{where}: is no UTF-8 text: {error}") from error
        member = record.image[0] if record.image else record.key
        raise DataError(f"{self._name}/{member}: has no label: {self._no_label(record, told)}")

    def _no_label(self, record: _Record, told: dict[str, Any]) -> str:
        json_file = f"there is no {record.key}.json"
        if "json" in record.texts:
            fields = ", ".join(told) or "none"
            json_file = f"{record.key}.json has no field {self._fields.label!r} ({fields})"
        pickled = "".join(
            f"; {record.key}.{kind} is pickled, and never unpickled"
            for kind in record.kinds
            if kind in _PICKLED
        )
        return (
            f"{json_file}, and there is no {record.key}.cls or {record.key}.txt{pickled}. Name the"
            " field with the option 'label_field'; null says that no image has a label"
        )

    def _split_of(self, record: _Record, told: dict[str, Any]) -> str:
        word = self._text(record, told.get(self._fields.split), self._fields.split)
        if word is None:
            return self._split
        split = split_name(word)
        if split is None:
            raise DataError(
                f"{self._name}/{record.key}.json: unknown split {word!r}; known are"
                f" {', '.join(SPLITS)}"
            )
        return split

    def _text(self, record: _Record, value: Any, field_name: str) -> str | None:
        if value is None or isinstance(value, str):
            return (value or "").strip() or None
        if isinstance(value, int | float):
            return str(value)
        raise DataError(
            f"{self._name}/{record.key}.json: the field {field_name!r} is {value!r:.60}; it must be"
            " a text or a number"
        )
