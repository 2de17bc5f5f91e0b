"""All images of a data set as one uint8 tensor of one size, made once before training."""

import os
import warnings
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import numpy as np
import torch
from numpy.typing import NDArray

from crs_plugin.data.dataset import BulkImages, DataError, FaceDataset, Images, PartedImages

Progress = Callable[[int, int], None]
"""Is told how many images are done, and of how many."""

_CHUNK = 256
_MOST_LISTED = 20


def decode(
    dataset: FaceDataset,
    size: int,
    progress: Progress | None = None,
    *,
    memory_limit: int | None = None,
) -> torch.Tensor:
    """Read all images of a data set and bring them to one size.

    An image is squeezed to a square with antialiasing, not cropped; one that has the size already
    is left as it is. Files are read in threads.

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
    limit = _half_of_memory() if memory_limit is None else memory_limit
    canvas = _Canvas(dataset.name, len(dataset), size, limit)
    failures: list[str] = []
    done = 0
    with _no_pillow_warnings():
        for images, positions in _sources(dataset.images):
            hears = _shifted(progress, done, len(dataset))
            for chunk, pixels in _decoded(images, size, failures, hears):
                canvas.put(positions[chunk], pixels)
            done += len(positions)
    if failures:
        raise DataError(_report(dataset.name, failures, len(dataset)))
    return canvas.pixels


def check_readable(dataset: FaceDataset, progress: Progress | None = None) -> None:
    """Read all images of a data set once, and keep none.

    Args:
        dataset: The N images. Those that come all at once are made, not read, and left out.
        progress: Called with (done, N) every few hundred images.

    Raises:
        DataError: If images cannot be read (all are tried, the first 20 listed).
    """
    failures: list[str] = []
    done = 0
    with _no_pillow_warnings():
        for images, positions in _sources(dataset.images):
            if not isinstance(images, BulkImages):
                for _, results in _read(images, None, _shifted(progress, done, len(dataset))):
                    failures += [str(result) for result in results if isinstance(result, DataError)]
            done += len(positions)
    if failures:
        raise DataError(_report(dataset.name, failures, len(dataset)))


def decoded_bytes(n: int, size: int, channels: int) -> int:
    """Return the bytes that ``n`` decoded images take."""
    return n * channels * size * size


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
        needed = decoded_bytes(self.n, self.size, channels)
        if needed > self.limit:
            raise DataError(
                f"data set {self.name}: {self.n:,} decoded images of {self.size}×{self.size}×"
                f"{channels} would take {needed / 2**30:.1f} GiB of memory, more than the"
                f" {self.limit / 2**30:.1f} GiB allowed (half of this machine's memory, unless set"
                " otherwise); a smaller 'training.decode_size' or fewer images would fit"
            )
        return torch.empty((self.n, channels, self.size, self.size), dtype=torch.uint8)


def _sources(images: Images) -> Iterator[tuple[Images, NDArray[np.int64]]]:
    """Yield the images part by part, with their positions in the whole."""
    if not isinstance(images, PartedImages):
        yield images, np.arange(len(images))
        return
    for part, positions in images.by_part():
        for inner, places in _sources(part):
            yield inner, positions[places]


def _decoded(
    images: Images, size: int, failures: list[str], progress: Progress
) -> Iterator[tuple[NDArray[np.int64], torch.Tensor]]:
    if isinstance(images, BulkImages):
        yield np.arange(len(images)), images.read_all(size, progress)
        return
    for chunk, results in _read(images, size, progress):
        failures += [str(result) for result in results if isinstance(result, DataError)]
        for channels in (1, 3):
            found = [
                (index, result)
                for index, result in zip(chunk, results, strict=True)
                if isinstance(result, torch.Tensor) and result.shape[0] == channels
            ]
            if found:
                indices, tensors = zip(*found, strict=True)
                yield np.array(indices), torch.stack(tensors)


def _read(
    images: Images, size: int | None, progress: Progress
) -> Iterator[tuple[NDArray[np.int64], list[torch.Tensor | DataError]]]:
    """Yield indices ``[K]`` and K images, or what is wrong with them, read in threads."""

    def one(index: np.int64) -> torch.Tensor | DataError:
        try:
            return _resized(images.read(int(index)), size)
        except DataError as error:
            return error

    everything = np.arange(len(images))
    with ThreadPoolExecutor(_threads()) as pool:
        for start in range(0, len(images), _CHUNK):
            chunk = everything[start : start + _CHUNK]
            yield chunk, list(pool.map(one, chunk))
            progress(start + len(chunk), len(images))


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


def _shifted(progress: Progress | None, before: int, n: int) -> Progress:
    def report(done: int, _: int) -> None:
        if progress is not None:
            progress(before + done, n)

    return report


def _threads() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _half_of_memory() -> int:
    if hasattr(os, "sysconf") and "SC_PHYS_PAGES" in os.sysconf_names:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // 2
    return 2**63 - 1


def _report(name: str, failures: list[str], n: int) -> str:
    listed = "".join(f"\n  {failure}" for failure in failures[:_MOST_LISTED])
    more = f"\n  … and {len(failures) - _MOST_LISTED:,} more" * (len(failures) > _MOST_LISTED)
    return (
        f"data set {name}: {len(failures):,} of {n:,} images cannot be used;"
        f" repair or remove them:{listed}{more}"
    )
