"""Keeping drawn pictures on the disk; what cannot be kept or is damaged is simply drawn again."""

import os
import zlib
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from crs_plugin.files import atomic_path

_CHECKSUM_BYTES = 4


def cache_folder() -> Path:
    """Return ``$CRS_CACHE``, or ``crs_plugin`` in the user's cache folder."""
    chosen = os.environ.get("CRS_CACHE")
    if chosen:
        return Path(chosen).expanduser()
    caches = os.environ.get("XDG_CACHE_HOME")
    return (Path(caches) if caches else Path.home() / ".cache") / "crs_plugin"


def load_pictures(path: Path, shape: tuple[int, ...]) -> NDArray[np.uint8] | None:
    """Return kept pictures, memory-mapped, or None where there are none that are whole.

    The file is an ordinary ``.npy``, followed by the CRC-32 of the array.
    """
    try:
        pictures: NDArray[np.uint8] = np.load(path, mmap_mode="r", allow_pickle=False)
        with path.open("rb") as file:
            file.seek(-_CHECKSUM_BYTES, os.SEEK_END)
            checksum = int.from_bytes(file.read(), "little")
    except (OSError, ValueError, EOFError):
        return None
    if pictures.shape != shape or pictures.dtype != np.uint8 or checksum != _checksum(pictures):
        return None
    return pictures


def keep_pictures(path: Path, pictures: NDArray[np.uint8]) -> None:
    """Write pictures for ``load_pictures``; do nothing if the folder cannot be written."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with atomic_path(path) as temporary, temporary.open("wb") as file:
            np.save(file, pictures, allow_pickle=False)
            file.write(_checksum(pictures).to_bytes(_CHECKSUM_BYTES, "little"))
    except OSError:
        return


def _checksum(pictures: NDArray[np.uint8]) -> int:
    return zlib.crc32(np.ascontiguousarray(pictures).data)
