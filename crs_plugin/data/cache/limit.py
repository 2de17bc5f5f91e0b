"""How many bytes the cache may take, and making room in it."""

import os
import re
import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import Protocol

from crs_plugin.data.cache.entry import Entry, entries
from crs_plugin.data.cache.folder import entries_folder
from crs_plugin.errors import InputError

_UNITS = {"": 1, "K": 10**3, "M": 10**6, "G": 10**9, "T": 10**12}


class NoRoomError(Exception):
    """The cache cannot take so many bytes; the message says why."""


class Stored(Protocol):
    """Something on the disk that can be made anew."""

    @property
    def bytes(self) -> int:
        """Bytes of its files."""


def cache_limit(found: Iterable[Stored]) -> int:
    """Return the bytes that the cache may take.

    Args:
        found: What is there.

    Returns:
        ``$CRS_CACHE_LIMIT`` (bytes, or such as ``500M``, ``20GB``), or else half of the disk's
        space that is free or taken by the cache.

    Raises:
        InputError: If the environment variable is neither.
    """
    chosen = os.environ.get("CRS_CACHE_LIMIT", "").strip()
    if not chosen:
        return (free_bytes(entries_folder()) + sum(entry.bytes for entry in found)) // 2
    match = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([KMGT]?)B?", chosen, re.IGNORECASE)
    if match is None:
        raise InputError(
            f"the environment variable CRS_CACHE_LIMIT is {chosen!r}; write bytes, such as 500M or"
            " 20GB, or 0 to add nothing"
        )
    return int(float(match[1]) * _UNITS[match[2].upper()])


def make_room(needed: int, keep: Path) -> None:
    """Remove entries, those used least recently first, until ``needed`` bytes may be added.

    Args:
        needed: Bytes of the entry that is to be made.
        keep: Folder of what is there of it already; it stays, and its bytes count as needed.

    Raises:
        NoRoomError: If it cannot be; then nothing was removed.
        InputError: If the limit cannot be read.
    """
    found = entries()
    limit = cache_limit(found)
    others = [entry for entry in found if entry.folder != keep]
    if needed > limit:
        share = "CRS_CACHE_LIMIT" if os.environ.get("CRS_CACHE_LIMIT") else "half of the free disk"
        raise NoRoomError(
            f"they take {in_words(needed)}, more than the {in_words(limit)} that the cache may"
            f" take ({share})"
        )
    present = sum(entry.bytes for entry in found if entry.folder == keep)
    over = max(
        sum(entry.bytes for entry in others) + needed - limit,
        needed - present - free_bytes(entries_folder()),
    )
    removable: list[Entry] = []
    for entry in sorted(others, key=lambda entry: entry.used):
        if over > sum(chosen.bytes for chosen in removable) and not entry.in_use():
            removable.append(entry)
    if over > sum(entry.bytes for entry in removable):
        raise NoRoomError(
            f"they take {in_words(needed)}, and there is no room: what else is in the cache is in"
            f" use, or the disk of {entries_folder()} is full"
        )
    for entry in removable:
        entry.remove()


def free_bytes(folder: Path) -> int:
    """Return the free bytes of the disk that a folder is on, or will be."""
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    return shutil.disk_usage(folder).free


def in_words(count: int) -> str:
    """Return a number of bytes as people read it: ``1.2 GB``."""
    size = float(count)
    for unit in ("B", "kB", "MB", "GB"):
        if size < 1000:
            return f"{size:.0f} {unit}" if unit == "B" else f"{size:.1f} {unit}"
        size /= 1000
    return f"{size:.1f} TB"
