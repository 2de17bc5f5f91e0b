"""Colour jitter and random greyscale of the method, on RGB or grey images."""

from collections.abc import Iterator
from typing import Any

import torch
from kornia.augmentation import IntensityAugmentationBase2D
from torch import Tensor

from crs_plugin.augmentations.colour_steps import HueShift, blended, luma, with_hue_shifted
from crs_plugin.augmentations.few_operations import in_few_operations
from crs_plugin.augmentations.jitter_in_one import jittered_in_one, table_of_steps
from crs_plugin.compiling import compiled
from crs_plugin.registry import Fraction, NonNegativeFloat, register

_BRIGHTNESS, _CONTRAST, _SATURATION, _HUE = range(4)
_FACTORS = ("brightness_factor", "contrast_factor", "saturation_factor")


@register("augmentation", "fer_color_jitter")
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
        inplace: Whether the images that it is given may be written into, which saves memory.
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
        inplace: bool = False,
        same_on_batch: bool = False,
        keepdim: bool = False,
    ) -> None:
        super().__init__(p=1.0, same_on_batch=same_on_batch, keepdim=keepdim)
        self.ranges = {
            name: (max(0.0, 1 - spread), 1 + spread)
            for name, spread in zip(_FACTORS, (brightness, contrast, saturation), strict=True)
        }
        self.flags = {**self.ranges, "hue": hue, "jitter": p, "grayscale": grayscale}
        self.inplace = inplace
        self._blended, self._with_hue_shifted = blended, with_hue_shifted
        self._jittered_in_one = jittered_in_one

    def compile(self, *args: Any, **kwargs: Any) -> None:
        """Compile the steps, once for any number of images; where that fails, they run as they are.

        It takes some seconds at the first call for images of a size, less where the compiler's
        cache has them. Arguments are those of ``torch.nn.Module.compile``; none has an effect.
        """
        self._blended = compiled(blended, True, "colour jitter", dynamic=True)
        self._with_hue_shifted = compiled(with_hue_shifted, True, "shift of hue", dynamic=True)
        self._jittered_in_one = compiled(jittered_in_one, True, "all of the jitter", dynamic=True)

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
        if in_few_operations(input.device):
            table = _in_table(params, coloured=input.shape[1] == 3)
            return self._jittered_in_one(
                input, table.to(input.device, input.dtype, non_blocking=True)
            )
        result = input
        if not self.inplace:
            result = input.clone(memory_format=torch.contiguous_format)
        coefficients = _coefficients(params)
        for rows, order, of_hue in _groups(params, coloured=input.shape[1] == 3):
            places = order.clamp(max=_SATURATION)[..., None].expand(-1, -1, 3)
            drawn = coefficients[rows].gather(1, places).to(input.dtype)
            hue = params["hue_factor"][rows].to(input.dtype)
            group = input.index_select(0, rows)
            for place, step in enumerate(drawn.unbind(dim=1)):
                if place == of_hue:
                    group = self._with_hue_shifted(group, hue)
                else:
                    group = self._blended(group, *step.unbind(dim=1))
            result.index_copy_(0, rows, group)
        grey = params["grayscale"].nonzero()[:, 0]
        if len(grey) and input.shape[1] == 3:
            result.index_copy_(0, grey, luma(result.index_select(0, grey)).expand(-1, 3, -1, -1))
        return result


def _coefficients(params: dict[str, Tensor]) -> Tensor:
    """Return [B, 3 steps, 3], what ``blended`` needs for each step of an image but its hue."""
    factors = torch.stack([params[name] for name in _FACTORS], dim=1)
    step = torch.arange(3)
    others = [(1 - factors) * (step == kind) for kind in (_SATURATION, _CONTRAST)]
    return torch.stack([factors, *others], dim=2)


def _in_table(params: dict[str, Tensor], coloured: bool) -> Tensor:
    """Return all that was drawn as the table of ``jittered_in_one``."""
    if not coloured:  # their saturation is what it is
        params = {**params, "saturation_factor": torch.ones_like(params["saturation_factor"])}
    order = params["order"]
    steps = order[order != _HUE].view(-1, 3, 1).expand(-1, -1, 3)
    return table_of_steps(
        _coefficients(params).gather(1, steps),
        (order == _HUE).int().argmax(dim=1),
        params["hue_factor"],
        params["jittered"],
        params["grayscale"],
    )


def _groups(
    params: dict[str, Tensor], coloured: bool
) -> Iterator[tuple[Tensor, Tensor, int | None]]:
    """Yield the rows [n] of images that can be changed together: their hue comes at one place.

    With them, the order of their steps, int64 [n, 4], and that place. Grey images have two steps,
    and no hue.
    """
    jittered = params["jittered"].nonzero()[:, 0]
    order = params["order"][jittered]
    if not coloured:
        if len(jittered):
            yield jittered, order[order < _SATURATION].view(-1, 2), None
        return
    place = (order == _HUE).int().argmax(dim=1)
    for of_hue in range(4):
        mine = place == of_hue
        if mine.any():
            yield jittered[mine], order[mine], of_hue
