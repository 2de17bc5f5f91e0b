"""Images that contracts are checked on."""

from collections.abc import Iterator

import torch
from torch import Tensor

SEED = 20
"""Of the images, and of what contracts draw."""


def made_images(batch: int = 4, channels: int = 3, height: int = 32, width: int = 40) -> Tensor:
    """Return float32 images [batch, channels, height, width] in [0, 1], the same each time.

    Blotches rather than noise, so that what samples them anew leaves something of them.
    """
    generator = torch.Generator().manual_seed(SEED)
    blotches = torch.rand(batch, channels, height // 6 + 2, width // 6 + 2, generator=generator)
    return torch.nn.functional.interpolate(blotches, (height, width), mode="bilinear")


def layouts(images: Tensor) -> Iterator[tuple[str, Tensor]]:
    """Yield equal images that lie otherwise in memory, with a name for it."""
    yield "channels_last", images.contiguous(memory_format=torch.channels_last)
    wide = images.repeat_interleave(2, dim=3)
    yield "not contiguous", wide[..., ::2]
