"""Which images lie near one another, where it costs time to go from one shard to another."""

from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from crs_plugin.data.dataset import Images, PartedImages


@runtime_checkable
class ImagesInShards(Protocol):
    """Images of which each is in a shard that is had as a whole."""

    def shard_numbers(self) -> NDArray[np.int64]:
        """Return the number of the shard that each image is in ``[N]``."""


def shard_numbers(images: Images) -> NDArray[np.int64] | None:
    """Return the number of the shard that each image is in ``[N]``, or None if none is in one.

    Of several sets in a row, an image that is in no shard is a shard of its own.
    """
    if isinstance(images, ImagesInShards):
        return images.shard_numbers()
    if not isinstance(images, PartedImages):
        return None
    numbers = np.empty(len(images), np.int64)
    first, any_shard = 0, False
    for part, positions in images.by_part():
        found = shard_numbers(part)
        any_shard |= found is not None
        numbers[positions] = first + (np.arange(len(part)) if found is None else found)
        first = int(numbers[positions].max()) + 1
    return numbers if any_shard else None
