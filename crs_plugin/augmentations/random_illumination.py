"""Random light on a face: from one side, brighter or darker, with a shadow across it."""

import math
from typing import Annotated, Any

import torch
from annotated_types import Interval
from kornia.augmentation import IntensityAugmentationBase2D
from kornia.augmentation.random_generator import PlainUniformGenerator
from torch import Tensor

from crs_plugin.registry import Fraction, register

Gamma = Annotated[float, Interval(ge=1, le=5)]

_NAMES = (
    *("log_gamma", "side", "side_direction"),
    *("shadow", "shadow_direction", "shadow_edge", "shadow_softness"),
)
_TOE = 1 / 255  # below it the curve is straight: a power has no finite slope at black


@register("augmentation", "random_illumination")
class RandomIllumination(IntensityAugmentationBase2D):
    """Lights each face anew: gamma, light from one side, and a shadow that ends in an edge.

    Generic colour jitter makes all of an image brighter or darker. Light on real faces differs
    between their two halves, and shadows of nose, brow and hat draw lines that look like the folds
    of an expression. What stays the same in two views under different light is the expression.

    The light falls off linearly across the image, in a direction of its own; the shadow darkens
    one side of a line, whose edge may be hard or soft.

    Float images [B, 1 or 3, H, W] in [0, 1] stay in [0, 1]. Follows Kornia's contract; draws from
    torch's global RNG.

    Args:
        side: Greatest strength of the light from the side: its brightness at the image's border
            differs by so much from that in the middle.
        gamma: Greatest exponent; drawn between its inverse and itself, evenly in the logarithm.
        shadow: Greatest share of the light that the shadow takes.
        p: Probability that an image is changed.
        same_on_batch: Whether all images get the same light.
        keepdim: Whether an image [C, H, W] comes back as such, not as a batch of one.

    Raises:
        ValueError: If a strength is out of its range.
    """

    def __init__(
        self,
        *,
        side: Fraction = 0.5,
        gamma: Gamma = 1.5,
        shadow: Fraction = 0.5,
        p: Fraction = 0.5,
        same_on_batch: bool = False,
        keepdim: bool = False,
    ) -> None:
        super().__init__(p=p, same_on_batch=same_on_batch, keepdim=keepdim)
        if not 1 <= gamma <= 5:
            raise ValueError(f"gamma must lie between 1 and 5, not {gamma:g}")
        steepest = math.log(gamma)
        turn = (-math.pi, math.pi)
        self._param_generator = PlainUniformGenerator(
            ((0.0, side), "side", 0.5, (0.0, 1.0)),
            (turn, "side_direction", None, None),
            ((-steepest, steepest), "log_gamma", None, None),
            ((0.0, shadow), "shadow", 0.5, (0.0, 1.0)),
            (turn, "shadow_direction", None, None),
            ((-0.5, 0.5), "shadow_edge", None, None),
            ((0.02, 0.2), "shadow_softness", None, None),
        )

    def apply_transform(
        self,
        input: Tensor,
        params: dict[str, Tensor],
        flags: dict[str, Any],
        transform: Tensor | None = None,
    ) -> Tensor:
        """Light images [B, 1 or 3, H, W] as ``params`` say: one number [B] for each name."""
        images = input.to(torch.promote_types(input.dtype, torch.float32))
        drawn = {name: params[name].to(images)[:, None, None, None] for name in _NAMES}
        gamma = drawn["log_gamma"].exp()
        black, white = _TOE**gamma, (1 + _TOE) ** gamma
        curved = ((images + _TOE) ** gamma - black) / (white - black)
        light = 1 + drawn["side"] * _along(drawn["side_direction"], images)
        beyond = _along(drawn["shadow_direction"], images) - drawn["shadow_edge"]
        shade = 1 - drawn["shadow"] * torch.sigmoid(beyond / drawn["shadow_softness"])
        return (curved * (light * shade)).clamp(0, 1).to(input.dtype)


def _along(direction: Tensor, images: Tensor) -> Tensor:
    """Return how far each pixel lies in a direction, [B, 1, H, W]: 0 in the middle, 1 at a border.

    Args:
        direction: Radians [B, 1, 1, 1], clockwise from the right.
        images: [B, C, H, W].
    """
    height, width = images.shape[-2:]
    x = (2 * torch.arange(width).to(images) + 1) / width - 1
    y = (2 * torch.arange(height).to(images) + 1) / height - 1
    return direction.cos() * x + direction.sin() * y[:, None]
