"""How large the images of a data set are, by a sample of them."""

import warnings
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from crs_plugin.data.dataset import DataError, FaceDataset
from crs_plugin.data.shards.near import shard_numbers

_MOST_LISTED = 4


@dataclass(frozen=True)
class ImageSizes:
    """Sizes of some images, as they are read: cut out, where there are boxes.

    Attributes:
        of: Images in the data set.
        sizes: (width, height) in pixels → how many images of the sample have it.
        grey: Images of the sample without colour.
        unreadable: Images of the sample that cannot be read.
    """

    of: int
    sizes: Mapping[tuple[int, int], int]
    grey: int
    unreadable: int

    def __str__(self) -> str:
        """Return them in words: ``48×48 px, grey (200 of 27,645 looked at)``."""
        read = sum(self.sizes.values())
        words = [_sizes(self.sizes), _colours(self.grey, read)] if read else []
        if self.unreadable:
            words.append(f"{self.unreadable:,} cannot be read")
        return f"{', '.join(words)} ({read + self.unreadable:,} of {self.of:,} looked at)"


def image_sizes(dataset: FaceDataset, most: int = 200, seed: int = 0) -> ImageSizes:
    """Read some images, drawn at random, and return their sizes.

    Images in shards are from as few shards as will do, for each may have to be fetched.

    Args:
        dataset: The faces.
        most: How many are looked at.
        seed: Of the draw.
    """
    generator = np.random.default_rng(seed)
    drawn = generator.permutation(len(dataset))
    shards = shard_numbers(dataset.images)
    if shards is not None:
        turns = generator.permutation(shards.max() + 1)
        drawn = drawn[np.argsort(turns[shards[drawn]], kind="stable")]
    drawn = drawn[:most]
    sizes: Counter[tuple[int, int]] = Counter()
    grey = unreadable = 0
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Pillow's, about odd files
        for index in np.sort(drawn):
            try:
                channels, height, width = dataset.images.read(int(index)).shape
            except DataError:
                unreadable += 1
                continue
            sizes[width, height] += 1
            grey += channels == 1
    return ImageSizes(len(dataset), sizes, grey, unreadable)


def _sizes(sizes: Mapping[tuple[int, int], int]) -> str:
    by_count = sorted(sizes.items(), key=lambda item: (-item[1], item[0]))
    if len(by_count) == 1:
        return f"{_px(by_count[0][0])} px"
    if len(by_count) <= _MOST_LISTED:
        return ", ".join(f"{n:,} of {_px(size)}" for size, n in by_count) + " px"
    by_area = sorted(sizes, key=lambda size: (size[0] * size[1], size))
    return f"from {_px(by_area[0])} to {_px(by_area[-1])} px, most often {_px(by_count[0][0])}"


def _px(size: tuple[int, int]) -> str:
    return f"{size[0]}×{size[1]}"


def _colours(grey: int, read: int) -> str:
    if grey in (0, read):
        return "grey" if grey else "colour"
    return f"{grey:,} grey and {read - grey:,} in colour"
