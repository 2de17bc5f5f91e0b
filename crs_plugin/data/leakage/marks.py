"""What copies of an image are known by: a digest of its pixels, and a miniature of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b

import numpy as np
import torch
from numpy.typing import NDArray

from crs_plugin.data.decoded_images import DecodedImages
from crs_plugin.data.decoding import Progress

SIDE = 32
"""Side of a miniature in pixels."""

_CHUNK = 1024


@dataclass(frozen=True)
class Marks:
    """Marks of images.

    Attributes:
        digests: uint64 ``[N]``; equal ones have the same pixels at the same size.
        miniatures: Grey images uint8 ``[N, SIDE, SIDE]``.
    """

    digests: NDArray[np.uint64]
    miniatures: NDArray[np.uint8]

    @classmethod
    def joined(cls, parts: "Sequence[Marks]") -> "Marks":
        """Return the marks of several sets of images in one row."""
        return cls(
            np.concatenate([part.digests for part in parts]),
            np.concatenate([part.miniatures for part in parts]),
        )


def marks(images: DecodedImages, progress: Progress) -> Marks:
    """Return the marks of images; each is looked at once.

    A coloured image whose channels are equal has the digest of the grey one.

    Args:
        images: The N images.
        progress: Hears how many are done.

    Raises:
        DataError: If images are streamed and one cannot be read.
    """
    digests = np.empty(len(images), np.uint64)
    miniatures = np.empty((len(images), SIDE, SIDE), np.uint8)
    for start in range(0, len(images), _CHUNK):
        rows = torch.arange(start, min(start + _CHUNK, len(images)))
        pixels = images[rows]
        part = slice(start, start + len(rows))
        digests[part] = _digests(pixels)
        miniatures[part] = _miniatures(pixels).numpy()
        progress(start + len(rows), len(images))
    return Marks(digests, miniatures)


def _digests(pixels: torch.Tensor) -> list[int]:
    first = pixels[:, :1]
    grey = (pixels == first).flatten(1).all(dim=1).tolist()
    shades, colours = first.numpy(), pixels.numpy()
    chosen = (shades[row] if is_grey else colours[row] for row, is_grey in enumerate(grey))
    return [_digest(image) for image in chosen]


def _digest(image: NDArray[np.uint8]) -> int:
    found = blake2b(np.ascontiguousarray(image).data, digest_size=8, salt=b"%d" % image.shape[-1])
    return int.from_bytes(found.digest(), "little")


def _miniatures(pixels: torch.Tensor) -> torch.Tensor:
    from torchvision.transforms.v2.functional import resize, rgb_to_grayscale

    grey = pixels if pixels.shape[1] == 1 else rgb_to_grayscale(pixels)
    small: torch.Tensor = resize(grey, [SIDE, SIDE], antialias=True)
    return small[:, 0]
