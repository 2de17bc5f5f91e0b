"""A sampler that knows only the images with a label."""

from collections.abc import Iterator
from typing import Any

from torch import Tensor
from torch.utils.data import Sampler


class LabelledImagesSampler(Sampler[int]):
    """Gives the indices that a sampler of some of the images gives, as indices of all images.

    Attributes:
        sampler: The sampler of the K images.
        images: [K] int64, which of all images they are.
    """

    def __init__(self, sampler: Any, images: Tensor) -> None:
        """Wrap a sampler."""
        self.sampler = sampler
        self.images = images.tolist()

    def __iter__(self) -> Iterator[int]:
        return (self.images[index] for index in self.sampler)

    def __len__(self) -> int:
        return len(self.sampler)
