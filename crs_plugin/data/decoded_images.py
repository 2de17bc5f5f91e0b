"""The decoded images of a data set, wherever they are: in the cache, in memory, or still in files.

The cache is taken if it can be written and has room; else memory if half of it is enough; else the
images are streamed. Whatever is taken gives the same pixels.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from hashlib import blake2b
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from crs_plugin.data.bad_images import BadImage
from crs_plugin.data.cache.building import EntryBuilder, Made, Say
from crs_plugin.data.cache.entry import BAD, checksum, pixels_fingerprint
from crs_plugin.data.cache.fingerprints import fingerprints
from crs_plugin.data.cache.folder import entries_folder
from crs_plugin.data.cache.limit import NoRoomError
from crs_plugin.data.dataset import DataError, FaceDataset
from crs_plugin.data.decoding import (
    COLOURED,
    GREY,
    Progress,
    TooLargeError,
    bad_images,
    chunk_length,
    decode_what_can_be_read,
    in_chunks,
    read_in_chunks,
    usable_cores,
)
from crs_plugin.data.shards.near import shard_numbers
from crs_plugin.data.streaming import StreamedImages


@dataclass(frozen=True)
class DecodedImages:
    """Images of one size.

    Attributes:
        pixels: uint8 ``[M, 1|3, S, S]``, or images that are streamed.
        fingerprint: Digest of the pixels; of streamed ones, of the files.
        rows: Which of ``pixels`` these N images are, int64 ``[N]``; None for all.
    """

    pixels: torch.Tensor | StreamedImages
    fingerprint: str
    rows: torch.Tensor | None = None

    def __len__(self) -> int:
        return len(self.pixels) if self.rows is None else len(self.rows)

    @property
    def shape(self) -> tuple[int, int, int, int]:
        """``[N, 1|3, S, S]``."""
        _, channels, height, width = self.pixels.shape
        return len(self), channels, height, width

    def __getitem__(self, indices: torch.Tensor) -> torch.Tensor:
        """Return images of indices ``[B]`` as uint8 ``[B, 1|3, S, S]``.

        Raises:
            DataError: If they are streamed and one cannot be read.
        """
        return self.pixels[self.places(indices)]

    def places(self, indices: torch.Tensor) -> torch.Tensor:
        """Return where in ``pixels`` images are, ``[B]``."""
        return indices if self.rows is None else self.rows[indices]

    def shards(self) -> torch.Tensor | None:
        """Return the number of the shard that each image is streamed from, int64 ``[N]``.

        None if they are not streamed, or are files of their own: then any order is as fast.
        """
        if isinstance(self.pixels, StreamedImages):
            numbers = shard_numbers(self.pixels.images)
            if numbers is not None:
                return torch.from_numpy(numbers)[self.places(torch.arange(len(self)))]
        return None

    def take(self, indices: NDArray[np.int64]) -> "DecodedImages":
        """Return only the images of these indices, in this order; no pixels are copied."""
        chosen = self.places(torch.from_numpy(indices))
        if self.rows is None and np.array_equal(indices, np.arange(len(self))):
            return self
        content = blake2b(chosen.numpy().tobytes(), digest_size=8, key=self.fingerprint.encode())
        return replace(self, rows=chosen, fingerprint=content.hexdigest())


@dataclass(frozen=True)
class ReadImages:
    """What came of reading the images of a data set.

    Attributes:
        images: The images; those that cannot be read are black.
        bad: Index → what is wrong with images that cannot be read.
        bad_file: File that lists all of these, where there is one.
    """

    images: DecodedImages
    bad: dict[int, BadImage] = field(default_factory=dict)
    bad_file: Path | None = None


@dataclass(frozen=True)
class ImageReader:
    """Reads the images of data sets.

    Attributes:
        progress: Hears what is done, how much of it, and of how much.
        say: Hears where images come from, and why not from elsewhere, a line each.
    """

    progress: Callable[[str, int, int], None]
    say: Say

    def decoded(self, dataset: FaceDataset, size: int) -> ReadImages:
        """Have all images of a data set at one size.

        Args:
            dataset: The N images.
            size: Side in pixels.

        Raises:
            DataError: If there is no image.
        """
        if len(dataset) == 0:
            raise DataError(f"data set {dataset.name}: there is no image to decode")
        prints = fingerprints(dataset.images)
        if prints is None:
            reason = "its plugin gives no fingerprints() of its images, by which a cache knows them"
        else:
            builder = self._builder(dataset, prints, size)
            try:
                return self._from_cache(dataset, builder.open(), size)
            except NoRoomError as error:
                reason = str(error)
            except (OSError, NotImplementedError) as error:
                reason = f"the cache {entries_folder()} cannot be written: {_cause(error)}"
        try:
            return self._in_memory(dataset, size, reason)
        except TooLargeError:
            return self._streamed(dataset, prints, size, reason)

    def unreadable(self, dataset: FaceDataset) -> tuple[dict[int, BadImage], Path | None]:
        """Look for images that cannot be read; what was found out is kept in the cache.

        Returns:
            Index → what is wrong, and the file that lists them, where there is one.
        """
        if len(dataset) == 0:
            return {}, None
        _, bad, file = self._looked_at(dataset, fingerprints(dataset.images))
        return bad, file

    def _builder(
        self, dataset: FaceDataset, prints: NDArray[np.uint64], size: int | None
    ) -> EntryBuilder:
        hears = self._hears(dataset, "reading" if size else "looking for unreadable images of")
        return EntryBuilder(dataset.name, dataset.images, prints, size, hears, self.say)

    def _hears(self, dataset: FaceDataset, doing: str) -> Progress:
        return lambda done, n: self.progress(f"{doing} {dataset.name}", done, n)

    def _from_cache(self, dataset: FaceDataset, made: Made, size: int) -> ReadImages:
        entry = made.entry
        assert entry.pixels is not None
        how = "reused from the cache"
        if made.seconds:
            copied = len(dataset) - made.read
            how = f"{made.read:,} read into the cache in {made.seconds:.1f} s"
            how += f", {copied:,} were there" if copied else ""
        bad = entry.about.bad
        self.say(f"images: {_what(dataset, size)}: {how} ({entry.folder}){_told(bad)}")
        images = DecodedImages(entry.pixels, entry.fingerprint)
        return ReadImages(images, bad, _bad_file(entry.folder, bad))

    def _in_memory(self, dataset: FaceDataset, size: int, reason: str) -> ReadImages:
        pixels, bad = decode_what_can_be_read(dataset, size, self._hears(dataset, "reading"))
        self.say(f"images: {_what(dataset, size)}: decoded into memory, as {reason}{_told(bad)}")
        length = chunk_length(size)
        starts = range(0, len(pixels), length)
        checksums = [checksum(pixels[start : start + length]) for start in starts]
        return ReadImages(DecodedImages(pixels, pixels_fingerprint(checksums)), bad)

    def _streamed(
        self, dataset: FaceDataset, prints: NDArray[np.uint64] | None, size: int, reason: str
    ) -> ReadImages:
        self.say(
            f"images: {_what(dataset, size)}: streamed from their files by {usable_cores()} worker"
            f" processes, as {reason}; half of the memory is too small as well"
        )
        channels, bad, file = self._looked_at(dataset, prints)
        content = blake2b(b"" if prints is None else prints.tobytes(), digest_size=8).hexdigest()
        streamed = StreamedImages(dataset.images, size, channels)
        return ReadImages(DecodedImages(streamed, content), bad, file)

    def _looked_at(
        self, dataset: FaceDataset, prints: NDArray[np.uint64] | None
    ) -> tuple[int, dict[int, BadImage], Path | None]:
        """Return what ``_look`` does and the file that lists the bad ones, if the cache has it."""
        if prints is not None:
            try:
                entry = self._builder(dataset, prints, None).open().entry
            except (OSError, NotImplementedError):  # then it is found out each time
                return *self._look(dataset), None
            channels = COLOURED if COLOURED in entry.kinds else GREY
            return channels, entry.about.bad, _bad_file(entry.folder, entry.about.bad)
        return *self._look(dataset), None

    def _look(self, dataset: FaceDataset) -> tuple[int, dict[int, BadImage]]:
        """Return the channels that the images need, and which of them cannot be read."""
        hears = self._hears(dataset, "looking for unreadable images of")
        channels, done = GREY, 0
        bad: dict[int, BadImage] = {}
        rows = np.arange(len(dataset))
        for indices, chunk in read_in_chunks(dataset.images, in_chunks(rows, None), None):
            channels = COLOURED if COLOURED in chunk.kinds else channels
            bad |= bad_images(dataset.images, indices, chunk)
            done += len(indices)
            hears(done, len(dataset))
        return channels, bad


def _what(dataset: FaceDataset, size: int) -> str:
    return f"{dataset.name}, {len(dataset):,} of {size} px"


def _told(bad: dict[int, BadImage]) -> str:
    return f"; {len(bad):,} cannot be read" if bad else ""


def _bad_file(folder: Path, bad: dict[int, BadImage]) -> Path | None:
    return folder / BAD if bad else None


def _cause(error: Exception) -> str:
    return (isinstance(error, OSError) and error.strerror) or str(error) or type(error).__name__
