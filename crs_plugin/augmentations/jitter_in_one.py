"""Colour jitter and greyscale of all images at once: few operations, for a GPU.

Every image goes through the same seven steps, of which those that were not drawn for it change
nothing: three places before the shift of the hue, the shift, and three places after it.
"""

import torch
from torch import Tensor

from crs_plugin.augmentations.colour_steps import blended, luma, with_hue_shifted

_PLACES = 3
_NOTHING = (1.0, 0.0, 0.0)
"""What ``blended`` needs to change nothing."""


def table_of_steps(
    coefficients: Tensor, hue_place: Tensor, hue: Tensor, jittered: Tensor, grey: Tensor
) -> Tensor:
    """Return all that was drawn as one float32 table [B, 21], so that it is sent at once.

    Args:
        coefficients: What ``blended`` needs for each step but the hue, in order, [B, 3, 3].
        hue_place: How many of these steps come before the hue, [B].
        hue: Turns, [B].
        jittered: Whether anything but greyscale happens, bool [B].
        grey: Whether an image loses its colours, bool [B].
    """
    step = torch.arange(_PLACES)
    before = step < hue_place[:, None]
    here = torch.stack([before, ~before], dim=1) & jittered[:, None, None]  # [B, 2, 3]
    nothing = torch.tensor(_NOTHING)
    steps = torch.where(here[..., None], coefficients[:, None], nothing)
    return torch.cat(
        [steps.flatten(1), *(x[:, None].float() for x in (hue, jittered, grey))], dim=1
    )


def jittered_in_one(images: Tensor, table: Tensor) -> Tensor:
    """Return images [B, 1 or 3, H, W] changed by a table of ``table_of_steps``."""
    coloured = images.shape[1] == 3
    steps = table[:, : 6 * _PLACES].view(-1, 2, _PLACES, 3)
    hue, jittered, grey = table[:, 6 * _PLACES :].unbind(dim=1)
    for place in range(_PLACES):
        images = blended(images, *steps[:, 0, place].unbind(dim=1))
    if coloured:  # a shift of 0 still rounds
        images = torch.where(_of_images(jittered), with_hue_shifted(images, hue), images)
    for place in range(_PLACES):
        images = blended(images, *steps[:, 1, place].unbind(dim=1))
    return torch.where(_of_images(grey), luma(images), images) if coloured else images


def _of_images(flags: Tensor) -> Tensor:
    return flags.bool()[:, None, None, None]
