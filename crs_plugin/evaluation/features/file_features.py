"""Features of image files, kept part by part so that a killed run goes on where it was."""

import os
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from crs_plugin.data.bad_images import BadImage
from crs_plugin.data.decoding import Progress, in_chunks, read_in_chunks
from crs_plugin.data.images import FileImages
from crs_plugin.files import atomic_path
from crs_plugin.models.open_encoder import AnyEncoder

_PART = 512
"""Images that are lost at most when a run is killed."""


@dataclass(frozen=True)
class FileFeatures:
    """The features of N image files.

    Attributes:
        paths: The files.
        features: ``[N, F]`` float32.
        bad: Further files, which cannot be read.
        continued: How many of the N an earlier run had done.
    """

    paths: tuple[str, ...]
    features: NDArray[np.float32]
    bad: tuple[BadImage, ...]
    continued: int


def features_of_files(
    encoder: AnyEncoder, paths: Sequence[str], kept: Path, progress: Progress
) -> FileFeatures:
    """Compute the features of image files, but for those that an earlier run has kept.

    Args:
        encoder: Gives the features.
        paths: The files. One that was changed since the earlier run is done again.
        kept: Folder of what is done; made if need be, and removed if nothing is. Results of other
            encoders in it stay.
        progress: Is told how far it has come.

    Raises:
        OSError: If the folder cannot be written; where it cannot be made, it names the one above.
    """
    try:
        kept.mkdir(exist_ok=True)
    except OSError as error:  # nobody has named that folder, but the one that it is to be in
        raise type(error)(error.errno, error.strerror, str(kept.parent)) from None
    parts = _Parts(kept, encoder.digest()[:16])
    stamps = {path: _stamp(path) for path in paths}
    known = {p: row for p, stamp, row in parts.read() if stamps.get(p) == stamp}
    continued = len(known)
    missing = [path for path in paths if path not in known]
    bad: list[BadImage] = []
    pending: dict[str, NDArray[np.float32]] = {}
    progress(continued, len(paths))
    try:
        for names, features, broken in _computed(encoder, missing):
            pending |= dict(zip(names, features, strict=True))
            bad += broken
            if len(pending) >= _PART:
                parts.write(pending, stamps)
                known |= pending
                pending = {}
            progress(len(known) + len(pending) + len(bad), len(paths))
    finally:
        parts.write(pending, stamps)
        parts.remove_if_empty()
    known |= pending
    done = tuple(path for path in paths if path in known)
    empty = np.empty((0, encoder.info.feature_dim), dtype=np.float32)
    features = np.stack([known[path] for path in done]) if done else empty
    return FileFeatures(done, features, tuple(bad), continued)


def _computed(
    encoder: AnyEncoder, paths: Sequence[str]
) -> Iterator[tuple[list[str], NDArray[np.float32], list[BadImage]]]:
    size = encoder.info.input_size
    images = FileImages.of(Path(), paths)
    for rows, chunk in read_in_chunks(images, in_chunks(np.arange(len(paths)), size), size):
        assert chunk.pixels is not None
        good = [place for place in range(len(rows)) if place not in chunk.reasons]
        broken = [BadImage(paths[rows[place]], why) for place, why in chunk.reasons.items()]
        yield (
            [paths[rows[place]] for place in good],
            encoder.embed(chunk.pixels[good]).numpy(),
            broken,
        )


def _stamp(path: str) -> tuple[int, int]:
    try:
        status = os.stat(path)
    except OSError:
        return 0, 0
    return status.st_size, status.st_mtime_ns


class _Parts:
    """Files ``ENCODER-NUMBER.npz`` in a folder, each with some paths, their stamps and features."""

    def __init__(self, folder: Path, encoder: str) -> None:
        self.folder, self.encoder = folder, encoder

    def read(self) -> Iterator[tuple[str, tuple[int, int], NDArray[np.float32]]]:
        for file in sorted(self.folder.glob(f"{self.encoder}-*.npz")):
            try:
                with np.load(file, allow_pickle=False) as part:
                    paths, stamps, features = part["paths"], part["stamps"], part["features"]
            except (OSError, ValueError, KeyError, zipfile.BadZipFile):
                continue  # as if it had not been done
            for path, (size, time), row in zip(paths, stamps.tolist(), features, strict=True):
                yield os.fsdecode(bytes(path)), (size, time), row

    def write(
        self, features: dict[str, NDArray[np.float32]], stamps: dict[str, tuple[int, int]]
    ) -> None:
        if not features:
            return
        number = len(list(self.folder.glob(f"{self.encoder}-*.npz")))
        with atomic_path(self.folder / f"{self.encoder}-{number:06}.npz") as temporary:
            np.savez(
                temporary,
                paths=np.array([os.fsencode(path) for path in features]),
                stamps=np.array([stamps[path] for path in features], dtype=np.int64),
                features=np.stack(list(features.values())),
            )

    def remove_if_empty(self) -> None:
        with suppress(OSError):
            self.folder.rmdir()
