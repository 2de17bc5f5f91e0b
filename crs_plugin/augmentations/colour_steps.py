"""Steps of colour augmentation on batches [B, 3, H, W] in [0, 1], equal to torchvision's.

Source of the steps: torchvision's ``adjust_brightness``, ``adjust_contrast``,
``adjust_saturation``, ``adjust_hue`` and ``rgb_to_grayscale``.
"""

from typing import Annotated

import torch
from annotated_types import Interval
from torch import Tensor

HueShift = Annotated[float, Interval(ge=0, le=0.5)]
"""Greatest shift of the hue, as a share of the colour circle."""

_RED, _GREEN, _BLUE = 0.2989, 0.587, 0.114  # torchvision's luma


def luma(images: Tensor) -> Tensor:
    """Return [B, 1, H, W] of [B, 3, H, W]; grey images [B, 1, H, W] are their own."""
    if images.shape[1] == 1:
        return images
    red, green, blue = images[:, :1], images[:, 1:2], images[:, 2:]
    return (red * _RED).add(green, alpha=_GREEN).add(blue, alpha=_BLUE)


def blended(images: Tensor, factor: Tensor, of_luma: Tensor, of_mean: Tensor) -> Tensor:
    """Return factor·x + of_luma·luma(x) + of_mean·mean(luma(x)), clamped to [0, 1].

    This is a change of brightness by the factor f if both others are 0, of saturation if
    ``of_luma`` is 1 - f, and of contrast if ``of_mean`` is 1 - f.

    Args:
        images: [B, 1 or 3, H, W].
        factor: [B].
        of_luma: [B].
        of_mean: [B].
    """
    factor, of_luma, of_mean = (x[:, None, None, None] for x in (factor, of_luma, of_mean))
    grey = luma(images)
    ground = torch.addcmul(grey.mean(dim=(2, 3), keepdim=True) * of_mean, grey, of_luma)
    return torch.addcmul(ground, images, factor).clamp_(0, 1)


def with_hue_shifted(images: Tensor, shift: Tensor) -> Tensor:
    """Return images with their hue turned.

    With V the largest and C the range of a pixel's channels, its hue is the place q on a circle of
    6, here from -3 to 3 with pure red at its ends, and a channel whose own hue is at distance d
    from q's opposite is V - C·clip(2 - d, 0, 1). So nothing needs sextants or HSV.

    Args:
        images: [B, 3, H, W].
        shift: Turns, from -½ to ½, [B].
    """
    red, green, blue = images.unbind(dim=1)
    most = torch.maximum(torch.maximum(red, green), blue)
    least = torch.minimum(torch.minimum(red, green), blue)
    chroma = most - least
    # For e = (g + b - r - least) / C, from -1 to 2, the hue is 2 - e from cyan, on green's side
    # where g > b. It does not matter where C is 0.
    e = (green + blue).sub_(red).sub_(least).div_(chroma.clamp(min=torch.finfo(images.dtype).tiny))
    q = e.neg_().add_(2).copysign(blue - green) + 6 * shift[:, None, None]
    q = q.sub_((q / 6).round_(), alpha=6)
    channels = []
    for place in (0, -2, 2):
        # |t| ≤ 5, so the distance of t from 0 on a circle of 6 is 3 - ||t| - 3|.
        share = (q + place).abs_().sub_(3).abs_().sub_(1).clamp_(0, 1)
        channels.append(share.mul_(chroma).neg_().add_(most))
    return torch.stack(channels, dim=1)
