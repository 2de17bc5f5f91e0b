"""Pictures that were made of one another: in other light, compressed, cropped a little, mirrored.

Found are, on real faces of 48 px, at least 99 of 100 copies that are brighter, of JPEG quality 30
and up, of half the size, mirrored, or cropped by 2 or 5 % on any side; 98 of 100 of those that are
so dark that shadows are lost, or cropped by 3 % at a corner; a third of those cropped by 10 % on
one side. Turned pictures are not looked for.
"""

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from crs_plugin.data.decoding import Progress
from crs_plugin.data.leakage.face_codes import HASH_BITS, WHOLE, WINDOWS, codes, hashes, mirrored
from crs_plugin.data.leakage.hash_buckets import HashBuckets

SIMILARITY = 0.8
"""Correlation of whitened pictures from which on they are copies."""

RADIUS = 10
"""Bits of the hashes in which copies may differ."""

FLAT = 2.0
"""Standard deviation, in grey levels, under which a picture shows nothing."""

_CHUNK = 4096


@dataclass(frozen=True)
class NearCopies:
    """Pairs of pictures, each pair once.

    Attributes:
        first: Index ``[K]`` of one picture.
        second: Index ``[K]`` of the other, which is greater.
        similarity: float32 ``[K]``, correlation of the whitened pictures in the window that fits
            best.
        mirrored: bool ``[K]``, whether one has left and right exchanged.
    """

    first: NDArray[np.int64]
    second: NDArray[np.int64]
    similarity: NDArray[np.float32]
    mirrored: NDArray[np.bool_]


def near_copies(miniatures: NDArray[np.uint8], progress: Progress) -> NearCopies:
    """Find pictures that are nearly the same.

    Args:
        miniatures: Grey pictures uint8 ``[N, SIDE, SIDE]``. Those of one shade are copies of none.
        progress: Hears how many are done.
    """
    rows = np.flatnonzero([image.std() >= FLAT for image in miniatures])
    shown = torch.from_numpy(miniatures[rows])
    starts = range(0, len(rows), _CHUNK)
    parts = [codes(shown[start : start + _CHUNK].float()) for start in starts]
    whole = torch.cat(parts) if parts else torch.empty(0, HASH_BITS)
    buckets = HashBuckets(hashes(whole))
    found = []
    for start in starts:
        part = shown[start : start + _CHUNK].float()
        for window in WINDOWS:
            code = codes(part, window)
            for mirror in (False, True):
                query = mirrored(code) if mirror else code
                first, second = buckets.near(hashes(query), RADIUS)
                similarity = _products(query, first, whole, second)
                first += start
                # Of whole pictures each pair comes from both sides.
                keep = first < second if window == WHOLE else first != second
                keep &= similarity >= SIMILARITY
                found.append(_Found.of(first[keep], second[keep], similarity[keep], mirror))
        progress(start + len(part), len(rows))
    return _Found.joined(found).each_once(rows)


@dataclass(frozen=True)
class _Found:
    pairs: NDArray[np.int64]
    similarity: NDArray[np.float32]
    mirrored: NDArray[np.bool_]

    @classmethod
    def of(
        cls,
        first: NDArray[np.int64],
        second: NDArray[np.int64],
        similarity: NDArray[np.float32],
        mirror: bool,
    ) -> "_Found":
        pairs = np.sort(np.stack([first, second], axis=1), axis=1)
        return cls(pairs, similarity, np.full(len(pairs), mirror))

    @classmethod
    def joined(cls, parts: "list[_Found]") -> "_Found":
        if not parts:
            return cls(np.empty((0, 2), np.int64), np.empty(0, np.float32), np.empty(0, np.bool_))
        return cls(
            np.concatenate([part.pairs for part in parts]),
            np.concatenate([part.similarity for part in parts]),
            np.concatenate([part.mirrored for part in parts]),
        )

    def each_once(self, rows: NDArray[np.int64]) -> NearCopies:
        """Return the best finding of each pair, in the indices that ``rows`` stand for."""
        order = np.lexsort((-self.similarity, self.pairs[:, 1], self.pairs[:, 0]))
        pairs = self.pairs[order]
        best = order[np.flatnonzero(np.diff(pairs, axis=0, prepend=-1).any(axis=1))]
        first, second = rows[self.pairs[best]].T
        return NearCopies(first, second, self.similarity[best], self.mirrored[best])


def _products(
    one: torch.Tensor, first: NDArray[np.int64], other: torch.Tensor, second: NDArray[np.int64]
) -> NDArray[np.float32]:
    left, right = one[torch.from_numpy(first)], other[torch.from_numpy(second)]
    products: NDArray[np.float32] = (left * right).sum(dim=1).numpy()
    return products
