"""A validation split that plays the test set, where the test labels are withheld or not at hand."""

from dataclasses import replace

import numpy as np

from crs_plugin.data.dataset import SPLITS, FaceDataset


def valid_called_test(
    dataset: FaceDataset, replaced: str = "of the test split, replaced"
) -> FaceDataset:
    """Return a data set whose validation split is called ``test``, in place of its own.

    Args:
        dataset: With a validation split.
        replaced: Reason under which images of its own test split are counted as left out.
    """
    valid, test = SPLITS.index("valid"), SPLITS.index("test")
    kept = dataset.take(np.flatnonzero(dataset.split != test))
    split = np.where(kept.split == valid, np.int8(test), kept.split)
    left_out = len(dataset) - len(kept)
    skipped = {**kept.skipped, **({replaced: left_out} if left_out else {})}
    return replace(kept, split=split, skipped=skipped)
