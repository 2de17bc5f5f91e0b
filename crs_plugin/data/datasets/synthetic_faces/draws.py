"""Random numbers that depend on what they are for and on the image, and on nothing else."""

import zlib
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.floating[Any]]
"""Columns and layers. They are float32 throughout: twice as fast to paint with as float64."""


@dataclass(frozen=True)
class Draws:
    """Random columns for the first ``count`` images (or persons) of one stream.

    Each named column has a generator of its own, seeded by the key and the name. Generators fill
    their output in order, so row i is the same whatever ``count`` is, and a new column changes no
    other. The global generators are neither read nor moved.

    Attributes:
        key: What the stream is for: seed, domain, split and so on.
        count: Number of rows N.
    """

    key: tuple[int, ...]
    count: int

    def unit(self, name: str, *shape: int) -> Array:
        """Return uniform numbers in [0, 1), ``[N, *shape]``."""
        generator = np.random.default_rng([*self.key, zlib.crc32(name.encode())])
        return generator.random((self.count, *shape)).astype(np.float32)

    def between(self, name: str, low: float, high: float, *shape: int) -> Array:
        """Return uniform numbers in [low, high), ``[N, *shape]``."""
        return low + (high - low) * self.unit(name, *shape)

    def bell(self, name: str, spread: float, *shape: int) -> Array:
        """Return numbers around 0 within ±spread, the middle more likely, ``[N, *shape]``."""
        total: Array = self.unit(name, *shape, 2).sum(-1)
        return spread * (total - 1)

    def chance(self, name: str, probability: float, *shape: int) -> Array:
        """Return 1 with some probability and else 0, ``[N, *shape]``."""
        return (self.unit(name, *shape) < probability).astype(np.float32)

    def pick(self, name: str, probabilities: NDArray[np.float64]) -> NDArray[np.int64]:
        """Return indices drawn with these probabilities, ``[N]``."""
        edges = np.cumsum(probabilities) / np.sum(probabilities)
        places = np.searchsorted(edges, self.unit(name), "right")
        return np.minimum(places, len(edges) - 1).astype(np.int64)
