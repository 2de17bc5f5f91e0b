"""Images that know which data set they were taken from, so that features are computed once."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray

from crs_plugin.data.dataset import FaceDataset, Images


@dataclass(frozen=True)
class TracedImages:
    """Some images of a whole data set.

    However a traced data set is filtered, split or shuffled, ``rows`` says which images of the
    whole are meant.

    Attributes:
        whole: The images of the whole data set.
        rows: Indices ``[N]`` into them.
    """

    whole: Images
    rows: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.rows)

    def read(self, index: int) -> torch.Tensor:
        """Return an image as uint8 ``[C, H, W]``."""
        return self.whole.read(int(self.rows[index]))

    def name(self, index: int) -> str:
        """Return its path, or its number in the whole set."""
        return self.whole.name(int(self.rows[index]))

    def take(self, indices: NDArray[np.int64]) -> "TracedImages":
        """Return only the images of these indices, in this order."""
        return replace(self, rows=self.rows[indices])

    def by_part(self) -> Iterator[tuple[Images, NDArray[np.int64]]]:
        """Yield the images as the whole set has them, all at once."""
        yield self.whole.take(self.rows), np.arange(len(self))


def traced(dataset: FaceDataset) -> FaceDataset:
    """Return the data set with images that can be traced back to it."""
    return replace(dataset, images=TracedImages(dataset.images, np.arange(len(dataset))))


def traced_images_of(dataset: FaceDataset) -> TracedImages:
    """Return the images of a traced data set, or of a part of it.

    Raises:
        ValueError: If it is not traced: no evaluation's context has opened it.
    """
    if not isinstance(dataset.images, TracedImages):
        raise ValueError(f"data set {dataset.name!r} was not opened by an evaluation's context")
    return dataset.images
