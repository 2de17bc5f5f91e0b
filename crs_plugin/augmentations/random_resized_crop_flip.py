"""Random resized crop and horizontal flip in one resampling, equal to torchvision's."""

import math
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from crs_plugin.errors import InputError
from crs_plugin.registry import Fraction, PositiveInt, PositiveRange

_TRIES = 10  # torchvision gives up after as many boxes and takes the middle of the image


@dataclass(frozen=True)
class CropFlips:
    """What was drawn for a batch: a box of whole pixels and a flip for each image.

    Attributes:
        top: First row of the box, int64 [B].
        left: First column of the box, int64 [B].
        height: Rows of the box, int64 [B].
        width: Columns of the box, int64 [B].
        flipped: Whether the resized box is mirrored left to right, bool [B].
    """

    top: Tensor
    left: Tensor
    height: Tensor
    width: Tensor
    flipped: Tensor


class RandomResizedCropFlip(nn.Module):
    """Crops a random box, resizes it to a square and mirrors half of the images.

    Boxes have torchvision's distribution (``RandomResizedCrop.get_params``), drawn for all images
    at once. Cropping, antialiased resizing and mirroring are one linear map per axis, so that a
    batch is resampled by two batched matrix products; the result equals torchvision's
    ``resized_crop(..., antialias=True)`` of each image (``align_corners=False``, no pixel from
    outside of the box), whether the box grows or shrinks.

    Args:
        size: Side S of the result in pixels.
        scale: Least and greatest area of the box, as shares of the image's area.
        ratio: Least and greatest width / height of the box (log-uniform between them).
        flip: Probability of the horizontal flip.

    Raises:
        InputError: If a range is empty or reversed.
    """

    def __init__(
        self,
        size: PositiveInt,
        *,
        scale: PositiveRange = (0.5, 1.0),
        ratio: PositiveRange = (3 / 4, 4 / 3),
        flip: Fraction = 0.5,
    ) -> None:
        super().__init__()
        for name, (low, high) in (("scale", scale), ("ratio", ratio)):
            if not 0 < low <= high:
                raise InputError(f"{name} is a range [least, greatest] above 0, not {[low, high]}")
        self.size = size
        self.scale = tuple(scale)
        self.ratio = tuple(ratio)
        self.flip = flip

    def forward(self, images: Tensor) -> Tensor:
        """Return float [B, C, S, S] from float [B, C, H, W], drawing from torch's global RNG."""
        batch, _, height, width = images.shape
        return self.apply_drawn(images, self.draw(batch, height, width))

    def draw(self, batch: int, height: int, width: int) -> CropFlips:
        """Draw boxes and flips for a batch of ``height`` × ``width`` images, on the CPU."""
        area = torch.empty(batch, _TRIES, dtype=torch.float64).uniform_(*self.scale)
        log_ratio = torch.empty(batch, _TRIES, dtype=torch.float64).uniform_(
            math.log(self.ratio[0]), math.log(self.ratio[1])
        )
        place = torch.rand(2, batch, dtype=torch.float64)
        flipped = torch.rand(batch) < self.flip

        area, ratio = area * (height * width), log_ratio.exp()
        widths = (area * ratio).sqrt().round().long()
        heights = (area / ratio).sqrt().round().long()
        fits = (widths > 0) & (widths <= width) & (heights > 0) & (heights <= height)
        first = fits.int().argmax(dim=1, keepdim=True)
        middle_height, middle_width = self._middle_box(height, width)
        fitting = fits.any(dim=1)
        box_height = torch.where(fitting, heights.gather(1, first)[:, 0], middle_height)
        box_width = torch.where(fitting, widths.gather(1, first)[:, 0], middle_width)
        rows_left, columns_left = height - box_height, width - box_width
        top = torch.where(fitting, (place[0] * (rows_left + 1)).long(), rows_left // 2)
        left = torch.where(fitting, (place[1] * (columns_left + 1)).long(), columns_left // 2)
        return CropFlips(top, left, box_height, box_width, flipped)

    def apply_drawn(self, images: Tensor, drawn: CropFlips) -> Tensor:
        """Resample float images [B, C, H, W] to [B, C, S, S] by what was drawn."""
        batch, channels, height, width = images.shape
        device = images.device
        rows = _resampling(drawn.top, drawn.height, height, self.size, device)
        columns = _resampling(drawn.left, drawn.width, width, self.size, device)
        columns = torch.where(drawn.flipped.to(device)[:, None, None], columns.flip(1), columns)
        rows, columns = rows.to(images.dtype), columns.to(images.dtype)
        narrow = images.reshape(batch, channels * height, width) @ columns.transpose(1, 2)
        return rows[:, None] @ narrow.view(batch, channels, height, self.size)

    def _middle_box(self, height: int, width: int) -> tuple[int, int]:
        """Return height and width of the largest box whose ratio is allowed."""
        nearest = min(max(width / height, self.ratio[0]), self.ratio[1])
        if nearest > width / height:
            return max(round(width / nearest), 1), width
        return height, max(round(height * nearest), 1)


def _resampling(
    start: Tensor, length: Tensor, pixels: int, size: int, device: torch.device
) -> Tensor:
    """Return the weights [B, size, pixels] that resize a stretch of each row to ``size`` pixels.

    The filter is a triangle, two source pixels wide where the stretch grows and two result pixels
    wide where it shrinks (antialias), cut off at the ends of the stretch.
    """
    start, length = (x.to(device, torch.float32)[:, None, None] for x in (start, length))
    scale = length / size
    centres = start + (torch.arange(size, device=device)[:, None] + 0.5) * scale
    source = torch.arange(pixels, device=device) + 0.5
    weights = (1 - (source - centres).abs() / scale.clamp(min=1)).clamp(min=0)
    weights = weights * ((source > start) & (source < start + length))
    return weights / weights.sum(dim=-1, keepdim=True)
