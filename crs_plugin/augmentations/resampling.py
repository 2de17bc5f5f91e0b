"""Resampling a batch of images along both axes, each image in its own way.

A pixel of the result is a weighted sum of a few pixels of a row (or column) of the image, its taps.
Rows are summed tap by tap; columns, which do not lie side by side in memory, by a product with the
matrix of the taps.
"""

import math
from dataclasses import dataclass, replace

import torch
import torch.nn.functional as F
from torch import Tensor


@dataclass(frozen=True)
class Taps:
    """What each of S results along one axis is made of, for each of B images.

    Attributes:
        indices: Pixels of the image, int64 [B, S, K].
        weights: Their weights, float32 [B, S, K].
    """

    indices: Tensor
    weights: Tensor

    def flipped(self, images: Tensor) -> "Taps":
        """Return them in reverse order for some images, bool [B]."""
        which = images[:, None, None]
        return Taps(
            torch.where(which, self.indices.flip(1), self.indices),
            torch.where(which, self.weights.flip(1), self.weights),
        )

    def matrix(self, pixels: int) -> Tensor:
        """Return the weights as a matrix [B, pixels, S]."""
        images, size, _ = self.indices.shape
        dense = self.weights.new_zeros(images, pixels, size)
        return dense.scatter_add_(1, self.indices.transpose(1, 2), self.weights.transpose(1, 2))


def triangle_taps(
    start: Tensor, length: Tensor, pixels: int, size: int, *, nearest: bool = False
) -> Taps:
    """Return what resizes a stretch of each row to ``size`` pixels.

    The filter is that of torch's ``interpolate(mode="bilinear", antialias=True)``: a triangle, two
    source pixels wide where the stretch grows and two result pixels wide where it shrinks, cut off
    at the ends of the stretch. The number of taps depends on ``pixels`` and ``size`` only.

    Args:
        start: First pixel of the stretch, [B].
        length: Its pixels, [B].
        pixels: Pixels of a whole row.
        size: S.
        nearest: Take the nearest pixel instead.
    """
    first, length = start[:, None].to(torch.float32), length[:, None].to(torch.float32)
    scale = length / size
    centres = first + (torch.arange(size, device=start.device) + 0.5) * scale  # [B, S]
    if nearest:
        indices = centres.floor().long().clamp(0, pixels - 1)[..., None]
        return Taps(indices, torch.ones_like(centres)[..., None])
    reach = scale.clamp(min=1)
    most = math.ceil(2 * max(pixels / size, 1))
    lowest = (centres - reach - 0.5).floor() + 1
    source = lowest[..., None] + torch.arange(most, device=start.device)
    inside = (source >= first[..., None]) & (source < (first + length)[..., None])
    away = (source + 0.5 - centres[..., None]).abs() / reach[..., None]
    weights = (1 - away).clamp(min=0) * inside
    weights = weights / weights.sum(dim=-1, keepdim=True)
    return Taps(source.long().clamp(0, pixels - 1), weights)


def resample(images: Tensor, rows: Taps, columns: Taps) -> Tensor:
    """Return [B, C, S, S] of images [B, C, H, W]; computes in float32 at least.

    Args:
        images: Floating.
        rows: The taps that make S of H rows.
        columns: The taps that make S of W columns.
    """
    batch, channels, height, width = images.shape
    size = rows.indices.shape[1]
    exact = images if images.dtype == torch.float64 else images.float()
    if batch == 0:
        return images.new_empty(0, channels, size, size)
    rows, columns = (
        replace(taps, weights=taps.weights.to(exact.dtype)) for taps in (rows, columns)
    )
    # One table of all rows of all channels: as an embedding's, they are summed without copies.
    offsets = torch.arange(batch * channels, device=images.device).view(batch, channels, 1, 1)
    indices = rows.indices[:, None] + offsets * height
    narrow = F.embedding_bag(
        indices.flatten(0, 2),
        exact.reshape(batch * channels * height, width),
        mode="sum",
        per_sample_weights=rows.weights[:, None].expand(indices.shape).flatten(0, 2),
    )
    result = narrow.view(batch, channels * size, width) @ columns.matrix(width)
    return result.view(batch, channels, size, -1).to(images.dtype)
