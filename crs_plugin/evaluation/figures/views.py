"""The augmented views, as the network sees them."""

import io
from collections.abc import Sequence

import torch

from crs_plugin.evaluation.figures.drawing import Drawing

_COLUMNS = 12
_SIDE = 96
"""Images of fewer pixels are enlarged to about this many."""


def views_sheet(
    views: Sequence[torch.Tensor], mean: Sequence[float], std: Sequence[float]
) -> Drawing:
    """Draw the views of up to twelve images, those of one image below one another.

    Args:
        views: V normalised views, each ``[B, 3, S, S]`` float.
        mean: Mean by channel that was subtracted.
        std: Standard deviation by channel that was divided by.
    """
    from PIL import Image
    from torchvision.utils import make_grid

    shown = torch.stack([view[:_COLUMNS].detach().float().cpu() for view in views])
    scale = torch.tensor(std).view(3, 1, 1)
    pixels = (shown * scale + torch.tensor(mean).view(3, 1, 1)).clamp(0, 1)
    pixels = pixels.repeat_interleave(max(1, _SIDE // pixels.shape[-1]), -1)
    pixels = pixels.repeat_interleave(pixels.shape[-1] // pixels.shape[-2], -2)
    sheet = make_grid(pixels.flatten(0, 1), nrow=shown.shape[1], padding=4, pad_value=1.0)
    buffer = io.BytesIO()
    Image.fromarray((sheet * 255).round().byte().permute(1, 2, 0).numpy()).save(buffer, "PNG")
    return Drawing(
        name="views",
        title="Augmented views",
        alt=(
            f"{shown.shape[1]} training images in {len(views)} augmented views each, one view a"
            f" row, {views[0].shape[-1]} pixels wide."
        ),
        png=buffer.getvalue(),
    )
