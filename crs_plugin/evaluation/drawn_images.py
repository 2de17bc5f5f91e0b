"""The images that an evaluation looks at: those of the test split, and of many only some."""

import numpy as np

from crs_plugin.data.dataset import SPLITS, FaceDataset


def images_to_test(dataset: FaceDataset) -> FaceDataset:
    """Return the images of the test split, or the data set itself where it has none."""
    testing = np.flatnonzero(dataset.split == SPLITS.index("test"))
    return dataset.take(testing) if len(testing) else dataset


def drawn_images(dataset: FaceDataset, most: int, seed: int) -> FaceDataset:
    """Draw images of a data set at random, and return them in its order.

    Args:
        dataset: What is drawn from.
        most: Images at most; all, where there are no more.
        seed: Of the draw; no global random state is used.
    """
    drawn = np.random.default_rng(seed).permutation(len(dataset))[:most]
    return dataset.take(np.sort(drawn))
