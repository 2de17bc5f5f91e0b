"""Resampling a batch of images along both axes by two products: few operations, for a GPU."""

import torch
from torch import Tensor


def resample_by_matrices(images: Tensor, rows: Tensor, columns: Tensor) -> Tensor:
    """Return [B, C, S, S] of images [B, C, H, W]; computes in float32 at least.

    Args:
        images: Floating.
        rows: The weights that make S of H rows, [B, H, S].
        columns: The weights that make S of W columns, [B, W, S].
    """
    exact = images if images.dtype == torch.float64 else images.float()
    rows, columns = (weights.to(exact.dtype)[:, None] for weights in (rows, columns))
    return (rows.mT @ exact @ columns).to(images.dtype)


def triangle_matrix(
    start: Tensor, length: Tensor, mirrored: Tensor, pixels: int, size: int, *, nearest: bool
) -> Tensor:
    """Return the weights of ``resampling.triangle_taps``, float32 [B, pixels, S].

    Args:
        start: First pixel of the stretch, float [B].
        length: Its pixels, float [B].
        mirrored: 1 where the result comes in reverse order, else 0, float [B].
        pixels: Pixels of a whole row.
        size: S.
        nearest: Take the nearest pixel instead.
    """
    first, length, mirrored = (x[:, None, None] for x in (start, length, mirrored))
    place = torch.arange(size, device=start.device)
    place = torch.lerp(place.float(), (size - 1 - place).float(), mirrored)
    scale = length / size
    centres = first + (place + 0.5) * scale  # [B, 1, S]
    pixel = torch.arange(pixels, device=start.device)[:, None]
    if nearest:
        return (pixel == centres.floor().clamp(0, pixels - 1)).float()
    inside = (pixel >= first) & (pixel < first + length)
    weights = (1 - (pixel + 0.5 - centres).abs() / scale.clamp(min=1)).clamp(min=0) * inside
    return weights / weights.sum(dim=1, keepdim=True)
