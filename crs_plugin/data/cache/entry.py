"""One entry of the cache: decoded images on the disk, with what tells whether they are whole."""

import json
import os
import shutil
import time
import warnings
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from typing import Any

import numpy as np
import torch
from filelock import FileLock, Timeout
from numpy.typing import NDArray

from crs_plugin.data.bad_images import BadImage, as_tsv
from crs_plugin.data.cache.folder import entries_folder
from crs_plugin.data.cache.use import hold, in_use
from crs_plugin.files import write_atomically

FORMAT = 1
"""Raise it with every change of the files' layout; entries of another format are made anew."""

PART = ".part"
"""What the folder of an entry that is being built ends in."""

ABOUT, PRINTS, KINDS, BAD = "about.json", "prints.npy", "kinds.npy", "bad.tsv"

_CHECKED_AT_OPENING = 2**26


class DamagedError(Exception):
    """An entry is not what was written; the message says what is wrong."""


@dataclass(frozen=True)
class EntryAbout:
    """What an entry holds.

    Attributes:
        data: Name of the data set.
        images: Number N of images.
        size: Their side in pixels.
        channels: 1 where all are grey, else 3; 0 where only readability was looked at.
        chunk: Images in a chunk; the last may have fewer.
        checksums: CRC-32 of each chunk.
        bad: Index → name and reason of images that cannot be read.
        format: ``FORMAT`` of the package that wrote it.
    """

    data: str
    images: int
    size: int
    channels: int
    chunk: int
    checksums: Sequence[int]
    bad: dict[int, BadImage]
    format: int = FORMAT

    @property
    def image_bytes(self) -> int:
        """Bytes of one image."""
        return self.channels * self.size**2

    def to_json(self) -> str:
        """Return it as JSON."""
        bad = {str(index): [image.name, image.reason] for index, image in self.bad.items()}
        return json.dumps({**vars(self), "checksums": list(self.checksums), "bad": bad})

    @classmethod
    def read(cls, folder: Path) -> "EntryAbout":
        """Read what an entry says of itself.

        Raises:
            DamagedError: If it cannot be read, or is of another format.
        """
        try:
            values: dict[str, Any] = json.loads((folder / ABOUT).read_bytes())
            bad = {int(index): BadImage(*cells) for index, cells in values.pop("bad").items()}
            about = cls(bad=bad, **values)
        except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
            raise DamagedError(f"{ABOUT} cannot be read") from error
        if about.format != FORMAT:
            raise DamagedError("another version of the package wrote it")
        return about


@dataclass(frozen=True)
class Entry:
    """A folder of the cache.

    Attributes:
        folder: The folder; that of an entry whose building is not finished ends in ``.part``.
    """

    folder: Path

    @property
    def key(self) -> str:
        """What the entry is called."""
        return self.folder.name

    @property
    def finished(self) -> bool:
        """Whether all images are there."""
        return self.folder.suffix != PART

    @property
    def bytes(self) -> int:
        """Bytes of its files."""
        return sum(_size(file) for file in _files(self.folder))

    @property
    def used(self) -> float:
        """When it was last opened or written to, in seconds since the epoch."""
        times = [_modified(file) for file in (*_files(self.folder), self.folder)]
        return max(times, default=0.0)

    def about(self) -> EntryAbout | None:
        """Return what it holds, or None if that cannot be read."""
        try:
            return EntryAbout.read(self.folder)
        except DamagedError:
            return None

    def in_use(self) -> bool:
        """Return whether a process reads or builds it."""
        if self.finished:
            return any(in_use(file) for file in self.folder.glob("*.u8"))
        try:
            with building_lock(self.key.removesuffix(PART)).acquire(blocking=False):
                return False
        except Timeout:
            return True

    def remove(self) -> None:
        """Remove it; a process that has it open keeps what it reads (not so on Windows)."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def condemn(self) -> None:
        """See to it that the next run that wants it makes it anew."""
        (self.folder / ABOUT).unlink(missing_ok=True)

    def verify(self) -> None:
        """Read it all and compare it with its checksums.

        Raises:
            DamagedError: If something is wrong.
        """
        about = EntryAbout.read(self.folder)
        _columns(self.folder, about)
        _check(_mapped(self.folder, about), about, range(len(about.checksums)))


@dataclass(frozen=True)
class OpenEntry:
    """An entry that is mapped into memory.

    Attributes:
        folder: Where it lies.
        about: What it holds.
        pixels: uint8 ``[N, 1|3, S, S]``, not to be written to; zeros for bad images. None where
            only readability was looked at.
        prints: Fingerprints ``[N]`` of the images.
        kinds: uint8 ``[N]``: 0 cannot be read, 1 grey, 3 coloured.
    """

    folder: Path
    about: EntryAbout
    pixels: torch.Tensor | None
    prints: NDArray[np.uint64]
    kinds: NDArray[np.uint8]

    @property
    def fingerprint(self) -> str:
        """Digest of the pixels, from their checksums."""
        return pixels_fingerprint(self.about.checksums)


def pixels_fingerprint(checksums: Sequence[int]) -> str:
    """Return a short digest of the checksums of chunks."""
    return blake2b(np.array(checksums, np.uint32).tobytes(), digest_size=8).hexdigest()


def open_entry(folder: Path, *, check: bool = True) -> OpenEntry | None:
    """Map an entry into memory, and mark it as used now.

    Whether its files are as long as they should be is always checked; the checksums of small
    entries as well, and of larger ones those of 64 MiB, chosen anew each time, for to read a whole
    one would take minutes. ``Entry.verify`` checks all.

    Args:
        folder: Where it lies.
        check: Whether to compare checksums, and to mark the entry as used.

    Returns:
        None if there is none.

    Raises:
        DamagedError: If something is wrong with it.
    """
    if not folder.is_dir():
        return None
    about = EntryAbout.read(folder)
    prints, kinds = _columns(folder, about)
    pixels = _mapped(folder, about)
    if check:
        _check(pixels, about, _some_chunks(about))
        _mark_as_used(folder)
    return OpenEntry(folder, about, None if about.channels == 0 else pixels, prints, kinds)


def write_finished(
    folder: Path, about: EntryAbout, prints: NDArray[np.uint64], kinds: NDArray[np.uint8]
) -> None:
    """Write what an entry says of itself beside its pixels, which are on the disk already.

    Args:
        folder: The entry's folder, still called ``.part``.
        about: What it holds.
        prints: Fingerprints ``[N]`` of the images.
        kinds: uint8 ``[N]``, see ``Chunk``.

    Raises:
        OSError: If a file cannot be written.
    """
    np.save(folder / PRINTS, prints, allow_pickle=False)
    np.save(folder / KINDS, kinds, allow_pickle=False)
    for name in (PRINTS, KINDS):
        with (folder / name).open("rb") as file:
            os.fsync(file.fileno())
    if about.bad:
        (folder / BAD).write_bytes(as_tsv(about.bad.values()))
    write_atomically(folder / ABOUT, about.to_json())


def entries() -> list[Entry]:
    """Return all entries of the cache, finished or not."""
    try:
        folders = [Path(each.path) for each in os.scandir(entries_folder()) if each.is_dir()]
    except OSError:
        return []
    return [Entry(folder) for folder in sorted(folders)]


def building_lock(key: str) -> FileLock:
    """Return the lock that a process holds while it builds an entry."""
    return FileLock(entries_folder() / f"{key}.lock")


def pixels_file(folder: Path, channels: int) -> Path:
    """Return the file of the pixels of an entry."""
    return folder / f"pixels-{channels}.u8"


def _mapped(folder: Path, about: EntryAbout) -> torch.Tensor:
    shape = (about.images, about.channels, about.size, about.size)
    expected = about.images * about.image_bytes
    if about.channels == 0:
        return torch.empty(shape, dtype=torch.uint8)
    path = pixels_file(folder, about.channels)
    try:
        with path.open("rb") as file:
            found = os.fstat(file.fileno()).st_size
            if found != expected:
                raise DamagedError(f"{path.name} has {found:,} of {expected:,} bytes")
            hold(file)
            mapped = np.memmap(file, np.uint8, "r", shape=shape)
    except OSError as error:
        raise DamagedError(f"{path.name} cannot be read: {error.strerror}") from error
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="The given NumPy array is not writable")
        return torch.from_numpy(mapped)


def _columns(folder: Path, about: EntryAbout) -> tuple[NDArray[np.uint64], NDArray[np.uint8]]:
    try:
        prints = np.load(folder / PRINTS, allow_pickle=False)
        kinds = np.load(folder / KINDS, allow_pickle=False)
    except Exception as error:  # NumPy reads the header of a damaged file as Python code
        raise DamagedError(f"{PRINTS} or {KINDS} cannot be read") from error
    if prints.shape != (about.images,) or kinds.shape != (about.images,):
        raise DamagedError(f"{PRINTS} or {KINDS} is not of {about.images:,} images")
    return prints, kinds


def _some_chunks(about: EntryAbout) -> list[int]:
    chunks = np.arange(len(about.checksums))
    most = max(1, _CHECKED_AT_OPENING // max(1, about.chunk * about.image_bytes))
    if len(chunks) > most:
        chunks = np.random.default_rng().choice(chunks, most, replace=False)
    return [int(chunk) for chunk in chunks]


def _check(pixels: torch.Tensor, about: EntryAbout, chunks: Sequence[int]) -> None:
    for chunk in chunks:
        start = chunk * about.chunk
        if checksum(pixels[start : start + about.chunk]) != about.checksums[chunk]:
            raise DamagedError(f"its pixels are not those that were written, from image {start:,}")


def checksum(pixels: torch.Tensor) -> int:
    """Return the CRC-32 of contiguous pixels."""
    return zlib.crc32(pixels.numpy().reshape(-1).data)


def _mark_as_used(folder: Path) -> None:
    try:
        os.utime(folder / ABOUT, (time.time(), time.time()))
    except OSError:  # a cache that this user may only read
        return


def _files(folder: Path) -> list[Path]:
    try:
        return [Path(each.path) for each in os.scandir(folder)]
    except OSError:
        return []


def _size(file: Path) -> int:
    try:
        return file.stat().st_size
    except OSError:
        return 0


def _modified(file: Path) -> float:
    try:
        return file.stat().st_mtime
    except OSError:
        return 0.0
