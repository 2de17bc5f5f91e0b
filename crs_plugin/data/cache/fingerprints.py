"""What decoded images follow from, as numbers that can be compared without reading an image."""

import os
import stat
from contextlib import suppress
from dataclasses import fields
from hashlib import blake2b
from typing import Any, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from crs_plugin.data.dataset import Images, PartedImages
from crs_plugin.data.decoding import DECODER_VERSION
from crs_plugin.data.images import ArrayImages, FileImages


@runtime_checkable
class FingerprintedImages(Protocol):
    """Images that say themselves what they follow from."""

    def fingerprints(self) -> NDArray[np.uint64]:
        """Return a number for each image ``[N]``; equal ones have the same pixels at any size."""


def fingerprints(images: Images) -> NDArray[np.uint64] | None:
    """Return a number for each image ``[N]`` that is another one where its pixels may differ.

    For files it follows from folder, path, size, time of the last change, whether they may be read,
    and whatever says which part of the picture is taken; for arrays from the pixels.

    Returns:
        None if that cannot be known, for images of a plugin that has no ``fingerprints()``.
    """
    if isinstance(images, FileImages):
        return _of_files(images)
    if isinstance(images, ArrayImages):
        begun = _begun("array")
        found = (_number(begun, pixels.tobytes()) for pixels in images.pixels)
        return np.fromiter(found, np.uint64, len(images))
    if isinstance(images, PartedImages):
        return _of_parts(images)
    return images.fingerprints() if isinstance(images, FingerprintedImages) else None


def key_of(prints: NDArray[np.uint64], size: int) -> str:
    """Return the name of the entry that holds images with these fingerprints at one size."""
    content = blake2b(np.ascontiguousarray(prints).data, digest_size=8)
    content.update(f"{len(prints)} images of {size} px".encode())
    return content.hexdigest()


def _of_files(images: FileImages) -> NDArray[np.uint64]:
    common, rows = _settings(images)
    root = os.path.realpath(images.root)
    begun = _begun(f"file {root} {common}")
    prefix = os.fsencode(root) + os.fsencode(os.sep)
    found = np.empty(len(images), np.uint64)
    for index, path in enumerate(images.paths.tolist()):
        state = b"%b\0" % path  # without more, reading it will say what is wrong
        with suppress(OSError):
            status = os.stat(prefix + path)
            if _may_be_read(prefix + path, status.st_mode):
                state += b"%d %d\0" % (status.st_size, status.st_mtime_ns)
        for row in rows:
            state += row[index].tobytes()
        found[index] = _number(begun, state)
    return found


def _may_be_read(path: bytes, mode: int) -> bool:
    """Return whether this process may read a file; asked only where not everybody may."""
    everybody = stat.S_IRUSR | stat.S_IRGRP | stat.S_IROTH
    return mode & everybody == everybody or os.access(path, os.R_OK)


def _settings(images: FileImages) -> tuple[str, list[NDArray[Any]]]:
    """Everything but the paths, such as boxes: what all images have in common, and rows ``[N]``."""
    common, rows = [], []
    for each in fields(images):
        value = getattr(images, each.name)
        if isinstance(value, np.ndarray) and each.name != "paths":
            rows.append(value)
            common.append(f"{each.name} by image")
        elif each.name not in ("root", "paths"):
            common.append(f"{each.name}={value!r}")
    return ", ".join(common), rows


def _of_parts(images: Any) -> NDArray[np.uint64] | None:
    found = np.empty(len(images), np.uint64)
    for part, positions in images.by_part():
        prints = fingerprints(part)
        if prints is None:
            return None
        found[positions] = prints
    return found


def _begun(text: str) -> "blake2b":
    return blake2b(f"{DECODER_VERSION} {text}\0".encode(errors="surrogateescape"), digest_size=8)


def _number(begun: "blake2b", content: bytes) -> int:
    digest = begun.copy()
    digest.update(content)
    return int.from_bytes(digest.digest(), "little")
