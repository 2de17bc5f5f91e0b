"""Files with something wrong in them, for the tests that open them.

``CRS_FUZZ=1000 pytest -k fuzz`` tries as many of each kind.
"""

import os
import random
from collections.abc import Callable
from typing import TypeVar

from crs_plugin.errors import InputError

Opened = TypeVar("Opened")

TRIED = int(os.environ.get("CRS_FUZZ", "60"))
"""How many mutations of a kind are tried."""

_MARKS = ["\t", "{", "]", ": ", "- ", "#", "'", '"', "|", "\0", ",", ";", "\r", "\ufeff", "é", "²"]
_WORDS = ["nan", "inf", "-1", "1e400", "9" * 5000, "99999999999999999999", "0x10", "../../x", "/"]


def scrambled(data: bytes, draw: random.Random) -> bytes:
    """Change a file in one place, without regard for its structure."""
    first, last = sorted(draw.randrange(len(data) + 1) for _ in range(2))
    noise = bytes(draw.randrange(256) for _ in range(draw.randrange(1, 5)))
    lines = data.splitlines(keepends=True)
    how = draw.randrange(9)
    if how == 0:
        return data[:first]
    if how == 1:
        return data[:first] + data[last:]
    if how == 2:
        return data[:first] + noise + data[first:]
    if how == 3:
        return data[:first] + draw.choice(_MARKS).encode() + data[first:]
    if how == 4:
        return data[:first] + draw.choice(_WORDS).encode() + data[last:]
    if how == 5:
        return data[:first] + data[first:last] * 2 + data[last:]
    if how == 6:
        return b"".join(draw.sample(lines, len(lines)))
    if how == 7:
        return data.decode("latin-1").encode(draw.choice(["utf-16", "utf-16-le", "utf-32"]))
    return _with_a_cell_changed(data, draw)


def _with_a_cell_changed(data: bytes, draw: random.Random) -> bytes:
    separator = draw.choice([b",", b" ", b"\t", b"\n"])
    cells = data.split(separator)
    cells[draw.randrange(len(cells))] = draw.choice([*_WORDS, *_MARKS, ""]).encode()
    return separator.join(cells)


def flipped(data: bytes, draw: random.Random) -> bytes:
    """Turn one bit round."""
    changed = bytearray(data)
    changed[draw.randrange(len(data))] ^= 1 << draw.randrange(8)
    return bytes(changed)


def opened_or_refused(open_it: Callable[[], Opened]) -> tuple[Opened | None, str]:
    """Return what is opened, or None and the message with which it is refused."""
    try:
        return open_it(), ""
    except InputError as error:
        return None, str(error)
