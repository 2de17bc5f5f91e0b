"""Painting what is behind a face."""

import numpy as np

from crs_plugin.data.datasets.synthetic_faces.canvas import Canvas
from crs_plugin.data.datasets.synthetic_faces.draws import Array
from crs_plugin.data.datasets.synthetic_faces.setting import GRID, SPOTS, Backdrop


def paint_backdrop(canvas: Canvas, backdrop: Backdrop) -> None:
    """Fill the pictures with blended colours, then lay boxes and discs over them."""
    size = canvas.x.shape[-1]
    centre = ((np.arange(size) + 0.5) * (2 / size) - 1).astype(np.float32)
    blend = _blend_weights(centre)
    np.matmul(np.matmul(blend, backdrop.grid), blend.T, out=canvas.pixels)
    soft = np.float32(2 / size)
    for spot in range(SPOTS):
        across = np.abs(centre - backdrop.spot_x[:, spot, None])
        down = np.abs(centre - backdrop.spot_y[:, spot, None])
        across /= backdrop.spot_width[:, spot, None]
        down /= backdrop.spot_height[:, spot, None]
        np.square(across, out=across)
        np.square(down, out=down)
        # Between the larger one and the sum of two squares lie a box and a disc.
        place = np.maximum(across[:, None, :], down[:, :, None])
        shorter = np.minimum(across[:, None, :], down[:, :, None])
        shorter *= backdrop.spot_round[:, spot, None, None]
        place += shorter
        edge = backdrop.spot_width[:, spot, None, None] / (2 * soft)
        cover = np.clip(0.5 + (1 - place) * edge, 0, 1)
        cover *= 0.85 * backdrop.spot_shown[:, spot, None, None]
        canvas.paint(cover, backdrop.spot_colour[:, spot])


def _blend_weights(centre: Array) -> Array:
    """Return linear interpolation weights from the grid to the pixels, ``[size, GRID]``."""
    place = (centre[:, None] + 1) * ((GRID - 1) / 2)
    weights: Array = np.maximum(1 - np.abs(place - np.arange(GRID)), 0).astype(np.float32)
    return weights
