"""Colour jitter and random greyscale of the method, on RGB or grey images."""

from collections.abc import Iterator
from typing import Any

import torch
from kornia.augmentation import IntensityAugmentationBase2D
from torch import Tensor

from crs_plugin.augmentations.colour_steps import HueShift, blended, luma, with_hue_shifted
from crs_plugin.registry import Fraction, NonNegativeFloat

_BRIGHTNESS, _CONTRAST, _SATURATION, _HUE = range(4)
_FACTORS = ("brightness_factor", "contrast_factor", "saturation_factor")


class FERColorJitter(IntensityAugmentationBase2D):
    """Brightness, contrast, saturation and hue in random order, then random greyscale.

    Each image has factors and an order of its own, as in torchvision, and the steps equal
    torchvision's functional ones. They are applied to whole groups of images, without going
    through HSV, and images that are left as they are cost nothing. On grey images saturation, hue
    and greyscale do nothing and are left out.

    An augmentation of Kornia's: float [B, 1 or 3, H, W] in [0, 1] in and out; parameters are drawn
    apart from being applied and can be replayed (``params=``). ``p`` is among these parameters
    (``jittered``), not Kornia's own, which would compute every image. Parameters are drawn on the
    CPU, so they are the same for every device.

    Args:
        brightness: Factor drawn from [max(0, 1 - b), 1 + b].
        contrast: Factor drawn in the same way.
        saturation: Factor drawn in the same way.
        hue: Shift drawn from [-hue, hue], in turns.
        p: Probability that an image is jittered.
        grayscale: Probability that an image loses its colours.
        same_on_batch: Whether all images get the same.
        keepdim: Whether [C, H, W] stays without a batch.
    """

    def __init__(
        self,
        *,
        brightness: NonNegativeFloat = 0.4,
        contrast: NonNegativeFloat = 0.4,
        saturation: NonNegativeFloat = 0.4,
        hue: HueShift = 0.1,
        p: Fraction = 0.8,
        grayscale: Fraction = 0.2,
        same_on_batch: bool = False,
        keepdim: bool = False,
    ) -> None:
        super().__init__(p=1.0, same_on_batch=same_on_batch, keepdim=keepdim)
        self.ranges = {
            name: (max(0.0, 1 - spread), 1 + spread)
            for name, spread in zip(_FACTORS, (brightness, contrast, saturation), strict=True)
        }
        self.flags = {**self.ranges, "hue": hue, "jitter": p, "grayscale": grayscale}

    def generate_parameters(self, batch_shape: tuple[int, ...]) -> dict[str, Tensor]:
        """Draw what happens to each image, on the CPU.

        Args:
            batch_shape: [B, C, H, W].

        Returns:
            ``jittered`` and ``grayscale``, bool [B]; ``order``, int64 [B, 4], of the steps 0
            brightness, 1 contrast, 2 saturation, 3 hue; and ``brightness_factor``,
            ``contrast_factor``, ``saturation_factor`` and ``hue_factor``, float32 [B].
        """
        images = batch_shape[0]
        batch = min(images, 1) if self.same_on_batch else images
        hue = self.flags["hue"]
        drawn = {
            "jittered": torch.rand(batch) < self.flags["jitter"],
            "order": torch.rand(batch, 4).argsort(dim=1),
            **{name: torch.empty(batch).uniform_(*self.ranges[name]) for name in _FACTORS},
            "hue_factor": torch.empty(batch).uniform_(-hue, hue),
            "grayscale": torch.rand(batch) < self.flags["grayscale"],
        }
        return {name: values.expand(images, *values.shape[1:]) for name, values in drawn.items()}

    def apply_transform(
        self,
        input: Tensor,
        params: dict[str, Tensor],
        flags: dict[str, Any],
        transform: Tensor | None = None,
    ) -> Tensor:
        """Return images [B, 1 or 3, H, W] changed by what was drawn.

        Raises:
            ValueError: If they have another number of channels.
        """
        if input.shape[1] not in (1, 3):
            raise ValueError(f"images must be [B, 1 or 3, H, W], not {list(input.shape)}")
        result = input.clone(memory_format=torch.contiguous_format)
        for rows, steps in _groups(params, coloured=input.shape[1] == 3):
            rows_there = rows.to(input.device)
            group = input.index_select(0, rows_there)
            for step in steps:
                group = self._stepped(group, step, rows, params)
            result.index_copy_(0, rows_there, group)
        grey = params["grayscale"].nonzero()[:, 0].to(input.device)
        if len(grey) and input.shape[1] == 3:
            result.index_copy_(0, grey, luma(result.index_select(0, grey)).expand(-1, 3, -1, -1))
        return result

    def _stepped(
        self, group: Tensor, step: Tensor | None, rows: Tensor, params: dict[str, Tensor]
    ) -> Tensor:
        """Return a group of images after its hue (None), or after one of the other steps each."""
        device, dtype = group.device, group.dtype
        if step is None:
            return with_hue_shifted(group, params["hue_factor"][rows].to(device, dtype))
        factors = torch.stack([params[name][rows] for name in _FACTORS], dim=1)
        factor = factors.gather(1, step[:, None])[:, 0]
        of_mean = (1 - factor) * (step == _CONTRAST)
        of_luma = (1 - factor) * (step == _SATURATION)
        return blended(group, *(x.to(device, dtype) for x in (factor, of_luma, of_mean)))


def _groups(
    params: dict[str, Tensor], coloured: bool
) -> Iterator[tuple[Tensor, list[Tensor | None]]]:
    """Yield the rows of images whose hue is shifted at the same place, and their steps.

    A step is the number of a step for each of these images, or None for the shift of their hue.
    """
    jittered = params["jittered"].nonzero()[:, 0]
    order = params["order"][jittered]
    if not coloured:
        if len(jittered):
            first = order[order < _SATURATION].view(-1, 2)[:, 0]
            yield jittered, [first, _CONTRAST - first]
        return
    place = (order == _HUE).int().argmax(dim=1)
    for of_hue in range(4):
        mine = place == of_hue
        if mine.any():
            steps: list[Tensor | None] = list(order[mine].unbind(dim=1))
            steps[of_hue] = None
            yield jittered[mine], steps
