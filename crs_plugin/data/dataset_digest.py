"""What tells a data set from others, and from itself once it has changed."""

from hashlib import blake2b

import numpy as np

from crs_plugin.data.cache.fingerprints import fingerprints
from crs_plugin.data.dataset import FaceDataset


def dataset_digest(dataset: FaceDataset) -> str:
    """Return what tells these images, in this order and with these labels, from others."""
    prints = fingerprints(dataset.images)
    if prints is None:
        names = (dataset.images.name(index) for index in range(len(dataset)))
        prints = np.frombuffer("\n".join(names).encode("utf-8", "surrogateescape"), np.uint8)
    columns = (prints, dataset.fine, dataset.split, dataset.subject)
    content = blake2b(digest_size=8)
    for column in columns:
        content.update(np.ascontiguousarray(column).data)
    return f"{len(dataset)} ({content.hexdigest()})"
