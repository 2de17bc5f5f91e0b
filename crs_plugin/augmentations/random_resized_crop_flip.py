"""Random resized crop and horizontal flip in one resampling, equal to torchvision's."""

import math
from collections.abc import Sequence
from typing import Any

import torch
from kornia.augmentation import GeometricAugmentationBase2D
from kornia.constants import Resample
from kornia.geometry.keypoints import Keypoints
from torch import Tensor

from crs_plugin.augmentations.few_operations import in_few_operations
from crs_plugin.augmentations.resampling import resample, triangle_taps
from crs_plugin.augmentations.resampling_by_matrices import resample_by_matrices, triangle_matrix
from crs_plugin.errors import InputError
from crs_plugin.registry import Fraction, PositiveInt, PositiveRange

_TRIES = 10  # torchvision gives up after as many boxes and takes the middle of the image
_BOX = ("top", "left", "height", "width")


class RandomResizedCropFlip(GeometricAugmentationBase2D):
    """Crops a random box, resizes it to a square and mirrors half of the images.

    Boxes have torchvision's distribution (``RandomResizedCrop.get_params``), drawn for all images
    at once. Cropping, antialiased resizing and mirroring are one linear map per axis, applied to a
    whole batch; the result equals torchvision's ``resized_crop(..., antialias=True)`` of each image
    (``align_corners=False``, no pixel from outside of the box), whether the box grows or shrinks.

    An augmentation of Kornia's: float [B, C, H, W] in, [B, C, S, S] out; parameters are drawn apart
    from being applied and can be replayed (``params=``), and boxes, key points and masks (by
    nearest neighbour) follow in ``AugmentationSequential``. It is applied to every image, since a
    batch has one size: ``p`` is 1. Parameters are drawn on the CPU, so they are the same for every
    device.

    Args:
        size: Side S of the result in pixels.
        scale: Least and greatest area of the box, as shares of the image's area.
        ratio: Least and greatest width / height of the box (log-uniform between them).
        flip: Probability of the horizontal flip.
        mirrored: Pairs of key points that are each other's mirror image, such as the left and the
            right eye: where an image is flipped, they change places in the list as well.
        same_on_batch: Whether all images get the same box and flip.
        keepdim: Whether [C, H, W] stays without a batch.

    Raises:
        InputError: If a range is empty or reversed.

    Example:
        >>> import torch
        >>> from crs_plugin.augmentations import RandomResizedCropFlip
        >>> crop = RandomResizedCropFlip(48)
        >>> views = crop(torch.rand(8, 3, 64, 64))
        >>> again = crop(torch.rand(8, 3, 64, 64), params=crop._params)  # the same boxes
    """

    _compute_matrix_lazily = True

    def __init__(
        self,
        size: PositiveInt,
        *,
        scale: PositiveRange = (0.5, 1.0),
        ratio: PositiveRange = (3 / 4, 4 / 3),
        flip: Fraction = 0.5,
        mirrored: Sequence[tuple[int, int]] = (),
        same_on_batch: bool = False,
        keepdim: bool = False,
    ) -> None:
        super().__init__(p=1.0, same_on_batch=same_on_batch, keepdim=keepdim)
        for name, (low, high) in (("scale", scale), ("ratio", ratio)):
            if not 0 < low <= high:
                raise InputError(f"{name} is a range [least, greatest] above 0, not {[low, high]}")
        self.size = size
        self.scale = tuple(scale)
        self.ratio = tuple(ratio)
        self.flip = flip
        self.mirrored = tuple(mirrored)
        self.flags = {"size": size, "resample": Resample.BILINEAR}

    def generate_parameters(self, batch_shape: tuple[int, ...]) -> dict[str, Tensor]:
        """Draw a box of whole pixels and a flip for each image, on the CPU.

        Args:
            batch_shape: [B, C, H, W].

        Returns:
            ``top``, ``left``, ``height`` and ``width``, int64 [B], and ``flipped``, bool [B].
        """
        images, _, height, width = batch_shape
        batch = min(images, 1) if self.same_on_batch else images
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
        drawn = {
            "top": top,
            "left": left,
            "height": box_height,
            "width": box_width,
            "flipped": flipped,
        }
        return {name: values.expand(images) for name, values in drawn.items()}

    def compute_transformation(
        self, input: Tensor, params: dict[str, Tensor], flags: dict[str, Any]
    ) -> Tensor:
        """Return [B, 3, 3], what takes a pixel of the image to one of the result.

        Pixels are (x, y) with whole numbers at their centres, as in all of Kornia.
        """
        box = {name: params[name].to(input.device, input.dtype) for name in _BOX}
        scale_x, scale_y = self.size / box["width"], self.size / box["height"]
        x = (0.5 - box["left"]) * scale_x - 0.5
        y = (0.5 - box["top"]) * scale_y - 0.5
        flipped = params["flipped"].to(input.device)
        matrix = input.new_zeros(len(x), 3, 3)
        matrix[:, 0, 0] = torch.where(flipped, -scale_x, scale_x)
        matrix[:, 0, 2] = torch.where(flipped, self.size - 1 - x, x)
        matrix[:, 1, 1] = scale_y
        matrix[:, 1, 2] = y
        matrix[:, 2, 2] = 1
        return matrix

    def apply_transform(
        self,
        input: Tensor,
        params: dict[str, Tensor],
        flags: dict[str, Any],
        transform: Tensor | None = None,
    ) -> Tensor:
        """Return [B, C, S, S] of images [B, C, H, W] by what was drawn."""
        nearest = flags["resample"] == Resample.NEAREST
        height, width = input.shape[2:]
        if in_few_operations(input.device):
            drawn = torch.stack([params[name].float() for name in (*_BOX, "flipped")])
            top, left, tall, wide, flipped = drawn.to(input.device, non_blocking=True)
            upright = torch.zeros_like(flipped)
            return resample_by_matrices(
                input,
                triangle_matrix(top, tall, upright, height, self.size, nearest=nearest),
                triangle_matrix(left, wide, flipped, width, self.size, nearest=nearest),
            )
        rows = triangle_taps(params["top"], params["height"], height, self.size, nearest=nearest)
        columns = triangle_taps(params["left"], params["width"], width, self.size, nearest=nearest)
        return resample(input, rows, columns.flipped(params["flipped"]))

    def apply_transform_keypoint(
        self,
        input: Keypoints,
        params: dict[str, Tensor],
        flags: dict[str, Any],
        transform: Tensor | None = None,
    ) -> Keypoints:
        """Move key points [B, N, 2] along, and let those of ``mirrored`` change places."""
        moved: Keypoints = super().apply_transform_keypoint(input, params, flags, transform)
        if not self.mirrored:
            return moved
        order = list(range(moved.data.shape[1]))
        for one, other in self.mirrored:
            order[one], order[other] = order[other], order[one]
        flipped = params["flipped"].to(moved.data.device)[:, None, None]
        return Keypoints(
            torch.where(flipped, moved.data[:, order], moved.data),
            raise_if_not_floating_point=False,
        )

    def _middle_box(self, height: int, width: int) -> tuple[int, int]:
        """Return height and width of the largest box whose ratio is allowed."""
        nearest = min(max(width / height, self.ratio[0]), self.ratio[1])
        if nearest > width / height:
            return max(round(width / nearest), 1), width
        return height, max(round(height * nearest), 1)
