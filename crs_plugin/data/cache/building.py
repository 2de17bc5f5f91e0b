"""Making an entry of the cache: in parts that survive being killed, by one process at a time."""

import os
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from filelock import Timeout
from numpy.typing import NDArray

from crs_plugin.data.bad_images import BadImage
from crs_plugin.data.cache.donors import Donors, known_kinds
from crs_plugin.data.cache.entry import (
    PART,
    DamagedError,
    EntryAbout,
    OpenEntry,
    building_lock,
    open_entry,
    write_finished,
)
from crs_plugin.data.cache.fingerprints import key_of
from crs_plugin.data.cache.folder import entries_folder
from crs_plugin.data.cache.limit import NoRoomError
from crs_plugin.data.cache.part import Part
from crs_plugin.data.dataset import Images
from crs_plugin.data.decoding import (
    UNREADABLE,
    Chunk,
    Progress,
    bad_images,
    chunk_length,
    in_chunks,
    read_chunk,
    read_in_chunks,
)

Say = Callable[[str], None]
"""Is told something in one line."""


@dataclass(frozen=True)
class Made:
    """An entry, and what it took to have it.

    Attributes:
        entry: The entry.
        read: Images that were read for it; 0 if it was there.
        seconds: Seconds that this took.
    """

    entry: OpenEntry
    read: int = 0
    seconds: float = 0.0


@dataclass(frozen=True)
class EntryBuilder:
    """Opens the entry of some images, and makes it if it is not there or damaged.

    Attributes:
        name: Name of the data set.
        images: The N images.
        prints: Their fingerprints ``[N]``.
        size: Side in pixels, or None to look only whether they can be read: the entry has no pixels
            then.
        progress: Hears how many images are done.
        say: Hears of what a user may wonder at.
    """

    name: str
    images: Images
    prints: NDArray[np.uint64]
    size: int | None
    progress: Progress
    say: Say

    def open(self) -> Made:
        """Open or make the entry.

        Images that could not be read are tried again each time, as it may have been their disk.

        Raises:
            OSError: If the cache cannot be written, or its disk is full.
            NoRoomError: If it would take too much of the disk.
        """
        try:
            made = self._there()
        except DamagedError:
            made = None  # unless another process is making it anew
        if made is not None:
            return made
        self.folder.parent.mkdir(parents=True, exist_ok=True)
        with self._lock():
            try:
                made = self._there()
            except DamagedError as error:
                self.say(f"the cache entry {self.folder} is damaged ({error}): it is made anew")
            return made or self._build()

    @property
    def folder(self) -> Path:
        """Where the entry lies."""
        return entries_folder() / key_of(self.prints, self.size or 0)

    @property
    def _part(self) -> Path:
        return self.folder.with_name(self.folder.name + PART)

    def _there(self) -> Made | None:
        entry = open_entry(self.folder)
        if entry is None or self._repaired(np.flatnonzero(entry.kinds == UNREADABLE)):
            return None
        return Made(entry)

    def _repaired(self, rows: NDArray[np.int64]) -> bool:
        chunks = read_in_chunks(self.images, in_chunks(rows, None), None)
        return any(chunk.kinds.any() for _, chunk in chunks)

    @contextmanager
    def _lock(self) -> Iterator[None]:
        lock = building_lock(self.folder.name)
        try:
            lock.acquire(timeout=1)
        except Timeout:
            self.say(f"another process is reading {self.name} into the cache: waiting for it")
            lock.acquire()
        try:
            yield
        finally:
            lock.release()

    def _build(self) -> Made:
        started = time.monotonic()
        read = self._look_only() if self.size is None else self._decode(self.size)
        entry = open_entry(self.folder)
        assert entry is not None
        return Made(entry, read, time.monotonic() - started)

    def _look_only(self) -> int:
        n = len(self.images)
        kinds = known_kinds(self.prints)
        bad: dict[int, BadImage] = {}
        unknown = np.flatnonzero(kinds == UNREADABLE)
        done = n - len(unknown)
        for rows, chunk in read_in_chunks(self.images, in_chunks(unknown, None), None):
            kinds[rows] = chunk.kinds
            bad |= bad_images(self.images, rows, chunk)
            done += len(rows)
            self.progress(done, n)
        self._part.mkdir(exist_ok=True)
        write_finished(self._part, EntryAbout(self.name, n, 0, 0, 1, (), bad), self.prints, kinds)
        _move(self._part, self.folder)
        return len(unknown)

    def _decode(self, size: int) -> int:
        donors = Donors(size, self.prints)
        with _no_part_left_without_room(self._part):
            part = Part(self._part, len(self.images), size)
            try:
                read = self._fill(part, donors, size)
            finally:
                part.close()
        channels = part.channels
        about = EntryAbout(
            self.name,
            len(self.images),
            size,
            channels,
            chunk_length(size),
            [part.checksums[chunk] for chunk in range(part.chunks)],
            {row: part.bad[row] for row in sorted(part.bad)},
        )
        write_finished(part.folder, about, self.prints, part.kinds)
        superseded = donors.dismissed()
        _move(part.folder, self.folder)
        for entry in superseded:
            if entry.folder != self.folder and not entry.in_use():
                entry.remove()
        return read

    def _fill(self, part: Part, donors: Donors, size: int) -> int:
        """Make the chunks that are missing; return the number of images read."""
        missing = [chunk for chunk in range(part.chunks) if chunk not in part.checksums]
        done = len(self.images) - sum(len(part.rows(chunk)) for chunk in missing)
        to_read = [rows[~donors.have(rows)] for rows in map(part.rows, missing)]
        read = 0
        for number, (rows, chunk) in zip(
            missing, read_in_chunks(self.images, to_read, size), strict=True
        ):
            places = part.rows(number)
            pieces = [(rows, chunk), *donors.chunks(places, self._read)]
            part.write(number, pieces, bad_images(self.images, rows, chunk))
            read += len(rows)
            done += len(places)
            self.progress(done, len(self.images))
        return read

    def _read(self, rows: NDArray[np.int64]) -> Chunk:
        return read_chunk(self.images.take(rows), self.size)


@contextmanager
def _no_part_left_without_room(folder: Path) -> Iterator[None]:
    """Remove what was built so far if the disk has no room for the rest."""
    try:
        yield
    except (OSError, NoRoomError):
        shutil.rmtree(folder, ignore_errors=True)
        raise


def _move(part: Path, folder: Path) -> None:
    """Give a finished entry its name, in place of a damaged or outdated one."""
    if folder.exists():
        for file in folder.iterdir():
            file.unlink()
        folder.rmdir()
    os.replace(part, folder)
    for log in folder.glob("chunks-*"):
        log.unlink(missing_ok=True)
