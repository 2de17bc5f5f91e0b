"""Images that other entries of the cache have already, at the same size.

When one file of thousands has changed, or only a part of a data set is wanted, the rest is copied
instead of decoded again.
"""

from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

from crs_plugin.data.cache.entry import (
    DamagedError,
    Entry,
    OpenEntry,
    checksum,
    entries,
    open_entry,
)
from crs_plugin.data.decoding import UNREADABLE, Chunk

_NOBODY = -1


class Donors:
    """The finished entries that have some of the wanted images.

    Args:
        size: Side in pixels.
        prints: Fingerprints ``[N]`` of the wanted images.
    """

    def __init__(self, size: int, prints: NDArray[np.uint64]) -> None:
        self._prints = prints
        self._entries: list[OpenEntry] = []
        self._who = np.full(len(prints), _NOBODY, np.int32)
        self._row = np.zeros(len(prints), np.int64)
        self._whole: dict[tuple[int, int], bool] = {}
        for entry in entries():
            about = entry.about() if entry.finished else None
            if about and about.size == size and about.channels and (self._who == _NOBODY).any():
                self._ask(entry)

    def have(self, rows: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Return which of some wanted images ``[K]`` an entry has."""
        return np.not_equal(self._who[rows], _NOBODY)

    def chunks(
        self, rows: NDArray[np.int64], read: Callable[[NDArray[np.int64]], Chunk]
    ) -> Iterator[tuple[NDArray[np.int64], Chunk]]:
        """Yield, entry by entry, those of the wanted images that entries have.

        Args:
            rows: Which images.
            read: Reads images instead, if an entry turns out to be damaged.
        """
        for who in np.unique(self._who[rows]):
            if who != _NOBODY:
                mine = rows[self._who[rows] == who]
                yield mine, self._given(int(who), self._row[mine]) or read(mine)

    def dismissed(self) -> list[Entry]:
        """Close all, and return those that a new entry of the wanted images makes superfluous.

        They have images that could not be read, and no good one that is not wanted.
        """
        superfluous = [
            Entry(entry.folder)
            for entry in self._entries
            if entry.about.bad
            and np.isin(entry.prints[entry.kinds != UNREADABLE], self._prints).all()
        ]
        self._entries.clear()
        return superfluous

    def _ask(self, entry: Entry) -> None:
        try:
            opened = open_entry(entry.folder, check=False)
        except DamagedError:
            return
        if opened is None:
            return
        has, row = _found(opened, self._prints)
        new = has & (self._who == _NOBODY)
        if new.any():
            self._who[new] = len(self._entries)
            self._row[new] = row[new]
            self._entries.append(opened)

    def _given(self, who: int, rows: NDArray[np.int64]) -> Chunk | None:
        entry = self._entries[who]
        assert entry.pixels is not None
        chunks = np.unique(rows // entry.about.chunk)
        if not all(self._is_whole(who, int(chunk)) for chunk in chunks):
            return None
        return Chunk(entry.kinds[rows], entry.pixels[rows])

    def _is_whole(self, who: int, chunk: int) -> bool:
        if (who, chunk) not in self._whole:
            entry = self._entries[who]
            assert entry.pixels is not None
            start = chunk * entry.about.chunk
            found = checksum(entry.pixels[start : start + entry.about.chunk])
            self._whole[who, chunk] = found == entry.about.checksums[chunk]
        return self._whole[who, chunk]


def known_kinds(prints: NDArray[np.uint64]) -> NDArray[np.uint8]:
    """Return what entries of any size know of images ``[N]``: 1 grey, 3 coloured, 0 not known."""
    kinds = np.full(len(prints), UNREADABLE, np.uint8)
    for entry in entries():
        if entry.finished and (kinds == UNREADABLE).any():
            try:
                opened = open_entry(entry.folder, check=False)
            except DamagedError:
                continue
            if opened is not None:
                has, row = _found(opened, prints)
                kinds[has] = opened.kinds[row[has]]
    return kinds


def _found(
    entry: OpenEntry, prints: NDArray[np.uint64]
) -> tuple[NDArray[np.bool_], NDArray[np.int64]]:
    """Return which images ``[N]`` an entry has and could be read, and their rows there."""
    order = np.argsort(entry.prints, kind="stable")
    place = np.searchsorted(entry.prints, prints, sorter=order)
    row = order[np.minimum(place, len(order) - 1)]
    return (entry.prints[row] == prints) & (entry.kinds[row] != UNREADABLE), row
