"""A part of a data set that is to be kept apart from others."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from crs_plugin.data.dataset import SPLITS, FaceDataset
from crs_plugin.data.decoded_images import DecodedImages


@dataclass(frozen=True)
class Part:
    """Some images of a data set, with their pixels.

    Attributes:
        name: What people call it (``ferplus: train``, ``pre-training``).
        dataset: The whole data set. Parts of one set hold the same object.
        rows: Which of its images they are, int64 ``[K]``, each once.
        images: The same K images, decoded to any size.
    """

    name: str
    dataset: FaceDataset
    rows: NDArray[np.int64]
    images: DecodedImages

    def __post_init__(self) -> None:
        if len(self.rows) != len(self.images):
            raise ValueError(f"{self.name}: {len(self.rows)} rows of {len(self.images)} images")

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def subject(self) -> NDArray[np.int32]:
        """Ids ``[K]`` of the persons; -1 where unknown."""
        return self.dataset.subject[self.rows]


def splits_of(dataset: FaceDataset, images: DecodedImages) -> list[Part]:
    """Return the splits that a data set has as parts; those of one without splits are none.

    Args:
        dataset: The N images.
        images: The same, decoded.
    """
    parts = []
    for code, split in enumerate(SPLITS[:-1]):
        rows = np.flatnonzero(dataset.split == code)
        if len(rows):
            parts.append(Part(f"{dataset.name}: {split}", dataset, rows, images.take(rows)))
    return parts
