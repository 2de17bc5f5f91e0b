"""Random loss of picture quality: fewer pixels, sensor noise, JPEG's blocks."""

from typing import Annotated, Any

import torch
from annotated_types import Interval
from kornia.augmentation import IntensityAugmentationBase2D
from kornia.augmentation.random_generator import PlainUniformGenerator
from torch import Tensor

from crs_plugin.augmentations.jpeg_blocks import jpeg_blocks
from crs_plugin.registry import Fraction, register

Resolution = Annotated[float, Interval(gt=0, le=1)]
Quality = Annotated[float, Interval(ge=1, le=100)]


@register("augmentation", "random_degradation")
class RandomDegradation(IntensityAugmentationBase2D):
    """Makes each face as poor a picture as a small, dark, compressed one: pixels, noise, blocks.

    Faces of data sets are cropped from photos of any size, enlarged and compressed again, each set
    in its own way; an encoder may recognise the set by it, and fails on the next. Generic
    augmentation blurs at most: it knows neither noise nor blocks. Two views of different quality
    have only the face in common.

    In the order of a camera: sampled down (antialias) and up again, noise that grows with the
    brightness (the same for all channels), quantisation as by JPEG.

    Float images [B, 1 or 3, H, W] in [0, 1] stay in [0, 1]. Quantisation lets gradients pass
    unchanged. Follows Kornia's contract; draws from torch's global RNG.

    Args:
        resolution: Least share of the pixels of a side that is left.
        noise: Greatest standard deviation of the noise at full brightness.
        quality: Least quality of JPEG, from 1 to 100.
        p: Probability that an image is changed.
        same_on_batch: Whether all images are changed alike, with the same noise.
        keepdim: Whether an image [C, H, W] comes back as such, not as a batch of one.

    Raises:
        ValueError: If an option is out of its range.
    """

    def __init__(
        self,
        *,
        resolution: Resolution = 0.6,
        noise: Fraction = 0.04,
        quality: Quality = 40.0,
        p: Fraction = 0.5,
        same_on_batch: bool = False,
        keepdim: bool = False,
    ) -> None:
        super().__init__(p=p, same_on_batch=same_on_batch, keepdim=keepdim)
        if resolution <= 0:
            raise ValueError(f"resolution must lie above 0, not {resolution:g}")
        self._param_generator = PlainUniformGenerator(
            ((resolution, 1.0), "resolution", 0.5, (0.0, 1.0)),
            ((0.0, noise), "noise", 0.5, (0.0, 1.0)),
            ((quality, 100.0), "quality", 50.0, (1.0, 100.0)),
        )

    def generate_parameters(self, batch_shape: tuple[int, ...]) -> dict[str, Tensor]:
        """Draw three numbers [B] and a field of normal noise [B, 1, H, W] for [B, C, H, W]."""
        drawn: dict[str, Tensor] = super().generate_parameters(batch_shape)
        batch, _, height, width = batch_shape
        fields = 1 if self.same_on_batch else batch
        field = torch.randn(fields, 1, height, width, device=self.device, dtype=self.dtype)
        return {**drawn, "field": field.expand(batch, -1, -1, -1)}

    def apply_transform(
        self,
        input: Tensor,
        params: dict[str, Tensor],
        flags: dict[str, Any],
        transform: Tensor | None = None,
    ) -> Tensor:
        """Degrade images [B, 1 or 3, H, W] as ``params`` say."""
        images = input.to(torch.promote_types(input.dtype, torch.float32))
        resolution, noise, field, quality = (
            params[name].to(images) for name in ("resolution", "noise", "field", "quality")
        )
        height, width = images.shape[-2:]
        rows, columns = _down_and_up(height, resolution), _down_and_up(width, resolution)
        coarse = rows[:, None] @ images @ columns[:, None].transpose(2, 3)
        spread = noise[:, None, None, None] * (0.25 + 0.75 * coarse).sqrt()
        noisy = (coarse + spread * field).clamp(0, 1)
        return jpeg_blocks(noisy, quality).clamp(0, 1).to(input.dtype)


def _down_and_up(pixels: int, share: Tensor) -> Tensor:
    """Return what sampling rows of ``pixels`` down to ``share`` [B] of them and up again does.

    It is one linear map [B, pixels, pixels] for each image, so that a batch takes two products.
    """
    fewer = (share * pixels).round().clamp(min=1)[:, None, None]
    scale = pixels / fewer
    middles = torch.arange(pixels).to(share) + 0.5
    down = _triangles((middles[:, None] * scale - middles) / scale)
    up = _triangles((middles[:, None] / scale - middles) / (middles < fewer))
    return up @ down


def _triangles(distances: Tensor) -> Tensor:
    """Return the weights [B, to, from] of a triangle filter; rows without any weight are 0."""
    weights = (1 - distances.abs()).clamp(min=0)
    return weights / weights.sum(dim=2, keepdim=True).clamp(min=1e-6)
