"""Images of a data set brought to one size: chunk by chunk in threads, or all into memory."""

import os
import warnings
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field

import numpy as np
import torch
from numpy.typing import NDArray

from crs_plugin.data.bad_images import BadImage, listed
from crs_plugin.data.dataset import BulkImages, DataError, FaceDataset, Images, PartedImages

Progress = Callable[[int, int], None]
"""Is told how many images are done, and of how many."""

DECODER_VERSION = 1
"""Raise it with every change of the pixels that reading or resizing gives, so that cached ones are
made anew."""

UNREADABLE, GREY, COLOURED = 0, 1, 3
"""What became of an image: no pixels, or so many channels."""

_CHUNK_BYTES = 2**22
_MOST_IN_CHUNK = 128


class TooLargeError(DataError):
    """Decoded images would take more memory than they may."""


@dataclass(frozen=True)
class Chunk:
    """Some images, read.

    Attributes:
        kinds: uint8 ``[K]``, each ``UNREADABLE``, ``GREY`` or ``COLOURED``.
        pixels: uint8 ``[K, 1|3, S, S]``, zeros for what cannot be read; one channel where no image
            is coloured. None if only readability was asked.
        reasons: Position in the chunk → why that image cannot be read.
    """

    kinds: NDArray[np.uint8]
    pixels: torch.Tensor | None
    reasons: dict[int, str] = field(default_factory=dict)


def chunk_length(size: int | None) -> int:
    """Return how many images of a side in pixels (None: of their own) are one chunk."""
    return _MOST_IN_CHUNK if size is None else min(_MOST_IN_CHUNK, 1 + _CHUNK_BYTES // size**2 // 3)


def read_chunk(images: Images, size: int | None) -> Chunk:
    """Read images one after the other, or at once where they come so.

    An image is squeezed to a square with antialiasing, not cropped; one that has the size already
    is left as it is.

    Args:
        images: The K images.
        size: Side in pixels, or None to see only whether they can be read.
    """
    with _no_pillow_warnings():
        return _chunk(_results(images, size), images, size)


def read_in_chunks(
    images: Images, chunks: list[NDArray[np.int64]], size: int | None
) -> Iterator[tuple[NDArray[np.int64], Chunk]]:
    """Yield chunks of images with their indices ``[K]``, in order, read ahead in threads.

    Pillow, NumPy and PyTorch free the interpreter while they decode, draw and resize, so threads
    are as fast here as processes would be.

    Args:
        images: The images.
        chunks: Indices ``[K]`` of each chunk, such as ``in_chunks`` cuts them.
        size: Side in pixels, or None to see only whether they can be read.
    """
    threads = usable_cores()
    ahead: deque[tuple[NDArray[np.int64], Future[Chunk]]] = deque()
    with _no_pillow_warnings():
        pool = ThreadPoolExecutor(threads)
        try:
            for indices in chunks:
                ahead.append((indices, pool.submit(_taken_and_read, images, indices, size)))
                if len(ahead) > 2 * threads:  # no more, so that what is read does not pile up
                    first, read = ahead.popleft()
                    yield first, read.result()
            for indices, read in ahead:
                yield indices, read.result()
        finally:
            pool.shutdown(cancel_futures=True)


def in_chunks(rows: NDArray[np.int64], size: int | None) -> list[NDArray[np.int64]]:
    """Cut indices ``[N]`` into chunks, in order; few images are shared among all threads.

    Args:
        rows: The indices.
        size: Side in pixels that the images are read at; None for their own.
    """
    length = min(chunk_length(size), max(1, -(-len(rows) // usable_cores())))
    return [rows[start : start + length] for start in range(0, len(rows), length)]


def decode(
    dataset: FaceDataset,
    size: int,
    progress: Progress | None = None,
    *,
    memory_limit: int | None = None,
) -> torch.Tensor:
    """Read all images of a data set into memory and bring them to one size.

    Args:
        dataset: The N images.
        size: Width and height in pixels.
        progress: Called with (done, N) every few hundred images.
        memory_limit: Bytes that the result may take; by default half of the machine's memory.

    Returns:
        uint8 ``[N, 1, size, size]`` where all images are grey, else ``[N, 3, size, size]``.

    Raises:
        DataError: If images cannot be read (all are tried, the first 20 listed), if there are none,
            or if the result would exceed the limit.
    """
    if len(dataset) == 0:
        raise DataError(f"data set {dataset.name}: there is no image to decode")
    pixels, bad = decode_what_can_be_read(dataset, size, progress, memory_limit=memory_limit)
    if bad:
        raise DataError(
            f"data set {dataset.name}: {len(bad):,} of {len(dataset):,} images cannot be used;"
            f" repair or remove them:{listed(bad.values())}"
        )
    return pixels


def decode_what_can_be_read(
    dataset: FaceDataset,
    size: int,
    progress: Progress | None = None,
    *,
    memory_limit: int | None = None,
) -> tuple[torch.Tensor, dict[int, BadImage]]:
    """Do what ``decode`` does, but leave zeros where an image cannot be read.

    Returns:
        The pixels ``[N, 1|3, size, size]``, and index → what is wrong with that image.

    Raises:
        TooLargeError: If the result would exceed the limit.
    """
    limit = half_of_memory() if memory_limit is None else memory_limit
    canvas = _Canvas(dataset.name, len(dataset), size, limit)
    bad: dict[int, BadImage] = {}
    done = 0
    for rows, chunk in read_in_chunks(dataset.images, in_chunks(_all(dataset), size), size):
        assert chunk.pixels is not None
        canvas.put(rows, chunk.pixels)
        bad |= bad_images(dataset.images, rows, chunk)
        done += len(rows)
        if progress:
            progress(done, len(dataset))
    return canvas.pixels, bad


def bad_images(images: Images, rows: NDArray[np.int64], chunk: Chunk) -> dict[int, BadImage]:
    """Return index → what is wrong, for the images of a chunk that cannot be read.

    Args:
        images: Gives the names.
        rows: Indices ``[K]`` in ``images`` of the chunk's images.
        chunk: What came of reading them.
    """
    found = {int(rows[place]): reason for place, reason in chunk.reasons.items()}
    return {row: BadImage(images.name(row), reason) for row, reason in found.items()}


def usable_cores() -> int:
    """Return the number of cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def half_of_memory() -> int:
    """Return half of the machine's memory in bytes."""
    if hasattr(os, "sysconf") and "SC_PHYS_PAGES" in os.sysconf_names:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // 2
    return 2**63 - 1


class _Canvas:
    """The result while it is filled: grey until the first coloured image comes."""

    def __init__(self, name: str, n: int, size: int, limit: int) -> None:
        self.name, self.n, self.size, self.limit = name, n, size, limit
        self.pixels = self._blank(1)

    def put(self, positions: NDArray[np.int64], images: torch.Tensor) -> None:
        """Write images ``[K, 1|3, S, S]`` at their positions."""
        if images.shape[1] > self.pixels.shape[1]:
            coloured = self._blank(3)
            coloured.copy_(self.pixels)
            self.pixels = coloured
        self.pixels[torch.from_numpy(positions)] = images.expand(-1, self.pixels.shape[1], -1, -1)

    def _blank(self, channels: int) -> torch.Tensor:
        needed = self.n * channels * self.size**2
        if needed > self.limit:
            raise TooLargeError(
                f"data set {self.name}: {self.n:,} decoded images of {self.size}×{self.size}×"
                f"{channels} would take {needed / 2**30:.1f} GiB of memory, more than the"
                f" {self.limit / 2**30:.1f} GiB allowed (half of this machine's memory, unless set"
                " otherwise); a smaller 'training.decode_size' or fewer images would fit"
            )
        return torch.empty((self.n, channels, self.size, self.size), dtype=torch.uint8)


def _all(dataset: FaceDataset) -> NDArray[np.int64]:
    return np.arange(len(dataset))


def _taken_and_read(images: Images, indices: NDArray[np.int64], size: int | None) -> Chunk:
    taken = images.take(indices)
    return _chunk(_results(taken, size), taken, size)


def _results(images: Images, size: int | None) -> list[torch.Tensor | DataError]:
    if isinstance(images, PartedImages):
        results: list[torch.Tensor | DataError] = [DataError("")] * len(images)
        for part, positions in images.by_part():
            for position, result in zip(positions, _results(part, size), strict=True):
                results[position] = result
        return results
    if isinstance(images, BulkImages):
        # They are made, not read: no file could be broken, and a made image counts as coloured.
        blank = torch.empty((len(images), COLOURED, 0, 0), dtype=torch.uint8)
        return list(blank if size is None else images.read_all(size, None))
    return [_one(images, index, size) for index in range(len(images))]


def _one(images: Images, index: int, size: int | None) -> torch.Tensor | DataError:
    try:
        return _resized(images.read(index), size)
    except DataError as error:
        return error


def _chunk(results: list[torch.Tensor | DataError], images: Images, size: int | None) -> Chunk:
    kinds = np.array(
        [r.shape[0] if isinstance(r, torch.Tensor) else UNREADABLE for r in results], np.uint8
    )
    reasons = {
        place: BadImage.of(images.name(place), result).reason
        for place, result in enumerate(results)
        if isinstance(result, DataError)
    }
    if size is None:
        return Chunk(kinds, None, reasons)
    channels = max(GREY, int(kinds.max(initial=GREY)))
    pixels = torch.zeros((len(results), channels, size, size), dtype=torch.uint8)
    for place, result in enumerate(results):
        if isinstance(result, torch.Tensor):
            pixels[place] = result
    return Chunk(kinds, pixels, reasons)


@contextmanager
def _no_pillow_warnings() -> Iterator[None]:
    """Silence warnings of broken EXIF and the like; the pixels are what counts here."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", module=r"PIL\.")
        yield


def _resized(image: torch.Tensor, size: int | None) -> torch.Tensor:
    if size is None or image.shape[1:] == (size, size):
        return image
    from torchvision.transforms.v2.functional import resize  # a second's import, seldom needed

    resized: torch.Tensor = resize(image, [size, size], antialias=True)
    return resized
