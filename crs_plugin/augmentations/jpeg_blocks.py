"""What JPEG's quantisation of 8×8 blocks does to images, whole batches at once."""

import math

import torch
from kornia.color import rgb_to_ycbcr, ycbcr_to_rgb
from torch import Tensor
from torch.nn import functional as F

_LUMA = (
    *((16, 11, 10, 16, 24, 40, 51, 61), (12, 12, 14, 19, 26, 58, 60, 55)),
    *((14, 13, 16, 24, 40, 57, 69, 56), (14, 17, 22, 29, 51, 87, 80, 62)),
    *((18, 22, 37, 56, 68, 109, 103, 77), (24, 35, 55, 64, 81, 104, 113, 92)),
    *((49, 64, 78, 87, 103, 121, 120, 101), (72, 92, 95, 98, 112, 100, 103, 99)),
)
_CHROMA = (
    *((17, 18, 24, 47, 99, 99, 99, 99), (18, 21, 26, 66, 99, 99, 99, 99)),
    *((24, 26, 56, 99, 99, 99, 99, 99), (47, 66, 99, 99, 99, 99, 99, 99)),
    *[(99,) * 8] * 4,
)
_TABLES = torch.tensor([_LUMA, _CHROMA, _CHROMA], dtype=torch.float32)
"""Quantisation tables of ISO/IEC 10918-1, annex K.1, for a quality of 50; Y, Cb, Cr."""

_FREQUENCY, _PLACE = torch.arange(8.0)[:, None], torch.arange(8.0)
_DCT = torch.cos((2 * _PLACE + 1) * _FREQUENCY * math.pi / 16) / 2
_DCT[0] /= math.sqrt(2)
"""Orthonormal discrete cosine transform of eight values."""


def jpeg_blocks(images: Tensor, quality: Tensor) -> Tensor:
    """Quantise the 8×8 blocks of images as JPEG does: no chroma subsampling, nothing is coded.

    The table is scaled by quality as libjpeg does. Rounding lets gradients pass unchanged.

    Args:
        images: Float [B, 1 or 3, H, W] in [0, 1], grey or RGB; padded to full blocks for the time.
        quality: [B], from 1 to 100.

    Returns:
        The images, [B, 1 or 3, H, W]; overshoots are left for the caller to clamp.
    """
    batch, depth, height, width = images.shape
    channels = rgb_to_ycbcr(images) if depth == 3 else images
    padded = F.pad(channels, (0, -width % 8, 0, -height % 8), mode="replicate")
    blocks = padded.reshape(batch, depth, padded.shape[2] // 8, 8, padded.shape[3] // 8, 8)
    dct = _DCT.to(images)
    coefficients = torch.einsum("ki,bcyixj,lj->bcykxl", dct, 255 * (blocks - 0.5), dct)
    steps = _steps(quality)[:, :depth, None, :, None, :]
    quantised = coefficients + ((coefficients / steps).round() * steps - coefficients).detach()
    decoded = torch.einsum("ki,bcykxl,lj->bcyixj", dct, quantised, dct) / 255 + 0.5
    cropped = decoded.flatten(4, 5).flatten(2, 3)[..., :height, :width]
    return ycbcr_to_rgb(cropped) if depth == 3 else cropped


def _steps(quality: Tensor) -> Tensor:
    """Return the steps of quantisation [B, 3, 8, 8] for qualities [B]."""
    per_cent = torch.where(quality < 50, 5000 / quality, 200 - 2 * quality)[:, None, None, None]
    return ((_TABLES.to(quality) * per_cent + 50) / 100).floor().clamp(1, 255)
