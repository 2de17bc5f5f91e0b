"""How similar pictures of two groups must be before it is no chance.

Some pictures resemble one another more than others do: drawn faces, or faces aligned to a pixel.
So the least similarity of copies follows from the similarity of pairs drawn at random (a-contrario
detection: Desolneux, Moisan and Morel 2000, doi:10.1023/A:1026593302236).
"""

from statistics import NormalDist

import numpy as np
import torch
from numpy.typing import NDArray

from crs_plugin.data.leakage.face_codes import WINDOWS, codes
from crs_plugin.data.leakage.near_copies import FLAT, SIMILARITY

FALSE_ALARMS = 1e-4
"""Pairs that may be taken for copies by chance, on average, in one comparison of two groups. In
truth there are more, as the upper end is a little heavier than that of a normal distribution."""

MOST_NEEDED = 0.97
"""More is never needed: two versions of a picture are more similar than that."""

_DRAWN = 1000
_FEWEST_PAIRS = 1000


def needed_similarity(one: NDArray[np.uint8], other: NDArray[np.uint8]) -> float:
    """Return the similarity from which on a picture of one group is a copy of one of the other.

    Fisher's z of the similarity of pairs is nearly normal; its spread is read off its upper end,
    below which copies do not reach if no picture has more than three.

    Args:
        one: Grey pictures uint8 ``[N, SIDE, SIDE]``.
        other: Grey pictures uint8 ``[M, SIDE, SIDE]``.

    Returns:
        ``SIMILARITY`` at least, and for fewer than a thousand pairs.
    """
    if len(one) * len(other) < _FEWEST_PAIRS:
        return SIMILARITY
    similarity = (_codes(one, seed=0) @ _codes(other, seed=1).T).numpy().clip(-0.999, 0.999)
    upper = float(np.clip(1 - 3 / min(len(one), len(other)), 0.9, 0.999))
    if similarity.size == 0:
        return SIMILARITY
    middle, end = np.quantile(np.arctanh(similarity), [0.5, upper])
    normal = NormalDist()
    spread = (end - middle) / normal.inv_cdf(upper)
    tried = len(one) * len(other) * 2 * len(WINDOWS)
    needed = np.tanh(middle - spread * normal.inv_cdf(FALSE_ALARMS / tried))
    return float(np.clip(needed, SIMILARITY, MOST_NEEDED))


def _codes(miniatures: NDArray[np.uint8], seed: int) -> torch.Tensor:
    """Return codes ``[K, D]`` of some of the pictures that show anything.

    Seeds differ, so that of a group that is compared with itself few pictures meet themselves.
    """
    drawn = np.random.default_rng(seed).permutation(len(miniatures))[:_DRAWN]
    pictures = torch.from_numpy(miniatures[np.sort(drawn)]).float()
    return codes(pictures[pictures.flatten(1).std(dim=1) >= FLAT])
