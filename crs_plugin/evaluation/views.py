"""Images beside draws of their augmented views, for a person to look at."""

from dataclasses import dataclass

import torch


@dataclass(frozen=True)
class Views:
    """Some images and several draws of what an augmentation makes of them.

    Attributes:
        originals: The B images as the augmentation gets them, uint8 ``[B, 1|3, H, W]``.
        names: What each of them shows, for people.
        draws: D draws of V views each, every view float ``[B, 1|3, S, S]``, normalised as the
            network gets it.
        mean: Mean by channel that was subtracted.
        std: Standard deviation by channel that was divided by.
    """

    originals: torch.Tensor
    names: tuple[str, ...]
    draws: tuple[tuple[torch.Tensor, ...], ...]
    mean: tuple[float, ...]
    std: tuple[float, ...]
