"""What spoils a picture, in five severities: blur, noise, darkness, occlusion, low resolution."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from types import MappingProxyType
from typing import Literal

import torch
from torch import Tensor
from torch.nn.functional import interpolate

from crs_plugin.evaluation.changed_images import Change

ChangeName = Literal["blur", "noise", "darkness", "occlusion", "low resolution"]


@dataclass(frozen=True)
class GradedChange:
    """A change of images in five severities.

    Attributes:
        apply: Float images ``[B, C, S, S]`` in [0, 1] and a strength → images.
        strengths: The five strengths, from mild to severe.
        unit: What they are.
    """

    apply: Callable[[Tensor, float], Tensor]
    strengths: tuple[float, float, float, float, float]
    unit: str

    def at(self, severity: int) -> Change:
        """Return the change of a severity, from 1 to 5."""
        return partial(self._applied, self.strengths[severity - 1])

    def _applied(self, strength: float, images: Tensor) -> Tensor:
        return self.apply(images, strength)


def _blur(images: Tensor, percent: float) -> Tensor:
    from kornia.filters import gaussian_blur2d

    sigma = percent / 100 * images.shape[-1]
    side = 2 * math.ceil(3 * sigma) + 1
    blurred: Tensor = gaussian_blur2d(images, (side, side), (sigma, sigma), "replicate")
    return blurred


def _noise(images: Tensor, percent: float) -> Tensor:
    # One field for all channels, so that a grey picture stays grey however it is stored.
    field = torch.randn(len(images), 1, *images.shape[2:])
    return images + percent / 100 * field.to(images)


def _darkness(images: Tensor, percent: float) -> Tensor:
    return images * (percent / 100)


def _occlusion(images: Tensor, percent: float) -> Tensor:
    from kornia.augmentation import RandomErasing

    share = percent / 100
    square = RandomErasing(scale=(share, share), ratio=(1.0, 1.0), value=0.5, p=1.0)
    covered: Tensor = square(images)
    return covered


def _low_resolution(images: Tensor, pixels: float) -> Tensor:
    side = images.shape[-1]
    fewer = min(side, int(pixels))
    small = interpolate(images, size=fewer, mode="bilinear", antialias=True)
    return interpolate(small, size=side, mode="bilinear")


CHANGES: Mapping[ChangeName, GradedChange] = MappingProxyType(
    {
        "blur": GradedChange(
            _blur, (1, 2, 3, 4.5, 6), "standard deviation of the blur, % of the picture's side"
        ),
        "noise": GradedChange(
            _noise, (3, 6, 10, 15, 22), "standard deviation of the noise, % of white"
        ),
        "darkness": GradedChange(_darkness, (60, 40, 25, 12, 5), "% of the light that is left"),
        "occlusion": GradedChange(
            _occlusion, (5, 10, 20, 30, 45), "% of the picture under a grey square"
        ),
        "low resolution": GradedChange(
            _low_resolution, (36, 24, 17, 12, 8), "pixels of a side that are left"
        ),
    }
)
"""By name. Strengths mean the same whatever the size at which encoders see the picture."""
