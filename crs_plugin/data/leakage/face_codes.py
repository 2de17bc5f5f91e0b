"""Codes that stay nearly the same under light, JPEG and small crops, and hashes made of them.

A code is the discrete cosine transform of a miniature without what is common to all pictures: the
mean is left out, coarse waves, which all faces share, count less than fine ones (by frequency,
which whitens natural images: Field 1987, doi:10.1364/JOSAA.4.002379), and the length is one. So
the product of two codes is the correlation of two whitened pictures, and it does not change with
brightness and contrast. A hash has the signs of the coarsest 64 waves (the DCT hash of Zauner
2010, "Implementation and benchmarking of perceptual image hash functions").
"""

from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from crs_plugin.data.leakage.marks import SIDE

HASH_BITS = 64

_WAVES = SIDE // 2
"""Half periods in a picture, at most: up to there a miniature has them whatever its source."""


class Window(NamedTuple):
    """A part of a picture: its edges as shares of width and height."""

    left: float
    top: float
    right: float
    bottom: float


WHOLE = Window(0, 0, 1, 1)
_TRIM = 0.05
WINDOWS = (
    WHOLE,
    Window(0.03, 0.03, 0.97, 0.97),
    Window(_TRIM, _TRIM, 1 - _TRIM, 1 - _TRIM),
    *(Window(x, y, 1 - _TRIM + x, 1 - _TRIM + y) for x in (0, _TRIM) for y in (0, _TRIM)),
    Window(_TRIM, 0, 1, 1),
    Window(0, _TRIM, 1, 1),
    Window(0, 0, 1 - _TRIM, 1),
    Window(0, 0, 1, 1 - _TRIM),
)
"""The whole picture, and what crops of up to a twentieth of its sides leave of it. A crop between
two of them is found by the nearer one."""


def _order() -> NDArray[np.int64]:
    waves = [(v, u) for v in range(_WAVES) for u in range(_WAVES) if 0 < v * v + u * u < _WAVES**2]
    return np.array(sorted(waves, key=lambda wave: (wave[0] ** 2 + wave[1] ** 2, wave)))


_ORDER = _order()
_FREQUENCY = np.hypot(*_ORDER.T)
_COLUMNS = torch.from_numpy(_ORDER[:, 0] * _WAVES + _ORDER[:, 1])
# The basis is orthonormal if waves along one side only are divided by √2.
_WEIGHTS = torch.from_numpy(
    (_FREQUENCY * np.sqrt(0.5) ** (_ORDER == 0).sum(axis=1)).astype(np.float32)
)
_MIRROR = torch.from_numpy(np.where(_ORDER[:, 1] % 2, -1, 1).astype(np.float32))


def codes(miniatures: torch.Tensor, window: Window = WHOLE) -> torch.Tensor:
    """Return the codes ``[N, D]`` float32, of length one, of a part of each picture.

    Args:
        miniatures: Grey pictures float32 ``[N, SIDE, SIDE]``, none of one shade alone.
        window: The part.
    """
    down, across = _waves(window.top, window.bottom), _waves(window.left, window.right)
    waves = (down @ miniatures @ across.T).flatten(1)
    return torch.nn.functional.normalize(waves[:, _COLUMNS] * _WEIGHTS)


def mirrored(code: torch.Tensor) -> torch.Tensor:
    """Return the codes ``[N, D]`` of the same pictures, left and right exchanged."""
    return code * _MIRROR


def hashes(code: torch.Tensor) -> NDArray[np.uint64]:
    """Return 64-bit hashes ``[N]`` of codes ``[N, D]``; each 16 bits have coarse and fine waves."""
    signs = code[:, :HASH_BITS].numpy() > 0
    interleaved = signs.reshape(-1, HASH_BITS // 4, 4).transpose(0, 2, 1).reshape(-1, HASH_BITS)
    return np.packbits(interleaved, axis=1).view(np.uint64).ravel()


def _waves(start: float, end: float) -> torch.Tensor:
    """Cosines ``[_WAVES, SIDE]`` over a part of a side, integrated over each pixel."""
    edges = np.clip((np.linspace(0, 1, SIDE + 1) - start) / (end - start), 0, 1)
    periods = np.arange(1, _WAVES)[:, None] * np.pi
    integrals = np.concatenate([edges[None], np.sin(periods * edges) / periods])
    return torch.from_numpy(np.diff(integrals, axis=1).astype(np.float32))
