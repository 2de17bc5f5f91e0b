"""Histograms of oriented gradients: what features cost nothing to learn."""

import numpy as np
import torch

from crs_plugin.evaluation.context import Embedder
from crs_plugin.registry import PositiveInt, register

_GREY = (0.299, 0.587, 0.114)
"""Weights of red, green and blue (ITU-R BT.601)."""


@register("reference", "hog")
class HOG:
    """Histograms of oriented gradients of the grey image, by scikit-image: no learning at all.

    Under the same classifiers as the encoders, it is what one had before networks. Source: Dalal
    and Triggs, Histograms of Oriented Gradients for Human Detection, CVPR 2005.

    Args:
        cells: Cells along one side of the image; 2 × 2 of them are normalised together.
        orientations: Bins of a cell's histogram.
    """

    def __init__(self, *, cells: PositiveInt = 6, orientations: PositiveInt = 9) -> None:
        self.cells = cells
        self.orientations = orientations

    def __call__(self, encoder: Embedder, seed: int, /) -> Embedder | None:
        """Return itself: it depends on nothing."""
        return self

    def embed(self, images: torch.Tensor) -> torch.Tensor:
        """Return features ``[N, F]`` float32 of images uint8 ``[N, C, H, W]``, C = 1 or 3."""
        from skimage.feature import hog

        grey = images[:, 0].float()
        if images.shape[1] == len(_GREY):
            grey = torch.einsum("nchw,c->nhw", images.float(), torch.tensor(_GREY))
        side = max(1, min(images.shape[-2:]) // self.cells)
        block = min(2, self.cells)
        rows = [
            hog(
                picture,
                orientations=self.orientations,
                pixels_per_cell=(side, side),
                cells_per_block=(block, block),
            )
            for picture in (grey / 255).numpy()
        ]
        return torch.from_numpy(np.stack(rows).astype(np.float32))
