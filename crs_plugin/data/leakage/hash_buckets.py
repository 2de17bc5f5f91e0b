"""Finding hashes that differ in a few bits, without comparing each with each."""

from collections.abc import Iterator
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

Indices = NDArray[np.int64]

_BANDS = 4
_MOST_AT_ONCE = 2**21
_ONES = np.array([bin(number).count("1") for number in range(2**16)], np.uint8)


class HashBuckets:
    """Hashes in buckets by each quarter of their bits.

    Multi-index hashing (Norouzi, Punjani and Fleet 2012, arXiv:1307.2982): two hashes that differ
    in at most three bits agree in one quarter at least, so whoever looks into the four buckets of a
    hash sees them all, and of those with more differences most.

    Args:
        hashes: uint64 ``[N]``.
    """

    def __init__(self, hashes: NDArray[np.uint64]) -> None:
        self._bands = [_Band(hashes, keys) for keys in _quarters(hashes).T]

    def near(self, queries: NDArray[np.uint64], radius: int) -> tuple[Indices, Indices]:
        """Return pairs that share a quarter and differ in few bits; some come more than once.

        Args:
            queries: uint64 ``[Q]``.
            radius: Number of bits that may differ.

        Returns:
            Indices ``[K]`` of queries, and of the hashes that are near them.
        """
        quarters = _quarters(queries)
        found = [
            pairs
            for band, keys in zip(self._bands, quarters.T, strict=True)
            for pairs in band.near(queries, keys, radius)
        ]
        empty = np.empty(0, np.int64)
        first, second = zip(*found, strict=True) if found else ((empty,), (empty,))
        return np.concatenate(first), np.concatenate(second)


class _Band:
    """One quarter: hashes in the order of its value, and where each value begins."""

    def __init__(self, hashes: NDArray[np.uint64], keys: NDArray[np.uint16]) -> None:
        self.order = np.argsort(keys, kind="stable")
        self.hashes = hashes[self.order]
        counts = np.bincount(keys, minlength=2**16)
        self.starts = np.concatenate([[0], np.cumsum(counts)])

    def near(
        self, queries: NDArray[np.uint64], keys: NDArray[np.uint16], radius: int
    ) -> Iterator[tuple[Indices, Indices]]:
        starts = self.starts[keys]
        counts = self.starts[keys.astype(np.int64) + 1] - starts
        for part in _portions(counts):
            query = np.repeat(np.arange(part.start, part.stop), counts[part])
            begun = np.cumsum(counts[part]) - counts[part]
            place = np.arange(len(query)) + np.repeat(starts[part] - begun, counts[part])
            different = _quarters(queries[query] ^ self.hashes[place])
            few = np.flatnonzero(_ones(different) <= radius)
            yield query[few], self.order[place[few]]


def _quarters(hashes: NDArray[np.uint64]) -> NDArray[np.uint16]:
    return np.ascontiguousarray(hashes).view(np.uint16).reshape(-1, _BANDS)


def _ones(quarters: NDArray[np.uint16]) -> NDArray[np.uint8]:
    total: NDArray[np.uint8] = _ONES[quarters[:, 0]]
    for band in range(1, _BANDS):
        total = total + _ONES[quarters[:, band]]
    return total


def _portions(counts: Indices) -> Iterator[slice]:
    """Cut queries so that not too many candidates are in memory at once."""
    cuts = np.flatnonzero(np.diff(np.cumsum(counts) // _MOST_AT_ONCE)) + 1
    edges = [0, *cuts.tolist(), len(counts)]
    for start, stop in pairwise(edges):
        if start < stop:
            yield slice(start, stop)
