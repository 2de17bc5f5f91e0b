"""Paths end to end in one buffer: as a text of its own, each would take some sixty bytes more."""

import os
from array import array
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray


class PackedPaths:
    """Paths that are added one by one, as the file system's bytes."""

    def __init__(self) -> None:
        self._bytes = bytearray()
        self._ends = array("q", [0])

    def __len__(self) -> int:
        return len(self._ends) - 1

    def append(self, path: str) -> None:
        """Add a path."""
        self._bytes += os.fsencode(path)
        self._ends.append(len(self._bytes))

    def as_array(self) -> NDArray[np.bytes_]:
        """Return the paths ``[N]``, in the order in which they were added."""
        longest = max((end - start for start, end in pairwise(self._ends)), default=1)
        paths = np.empty(len(self), dtype=f"S{longest}")
        for index, (start, end) in enumerate(pairwise(self._ends)):
            paths[index] = bytes(self._bytes[start:end])
        return paths
