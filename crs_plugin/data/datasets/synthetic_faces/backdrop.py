"""Painting what is behind a face."""

import numpy as np

from crs_plugin.data.datasets.synthetic_faces.canvas import Canvas
from crs_plugin.data.datasets.synthetic_faces.draws import Array
from crs_plugin.data.datasets.synthetic_faces.setting import BOXES, GRID, Backdrop


def paint_backdrop(canvas: Canvas, backdrop: Backdrop) -> None:
    """Fill the pictures with blended colours, then lay sharp and blurred boxes over them."""
    size = canvas.x.shape[-1]
    centre = ((np.arange(size) + 0.5) * (2 / size) - 1).astype(np.float32)
    blend = _blend_weights(centre)
    np.matmul(np.matmul(blend, backdrop.grid), blend.T, out=canvas.pixels)
    for box in range(BOXES):
        across = _strip(centre, backdrop.box_x[:, box], backdrop.box_width[:, box], backdrop, box)
        down = _strip(centre, backdrop.box_y[:, box], backdrop.box_height[:, box], backdrop, box)
        down *= backdrop.box_opacity[:, box, None]
        canvas.paint(down[:, :, None] * across[:, None, :], backdrop.box_colour[:, box])


def _strip(place: Array, middle: Array, half_width: Array, backdrop: Backdrop, box: int) -> Array:
    """Return how much each place of a line, ``[size]``, is in a strip, ``[N, size]``."""
    distance = np.abs(place - middle[:, None]) - half_width[:, None]
    cover: Array = np.clip(0.5 - distance / backdrop.box_blur[:, box, None], 0, 1)
    return cover


def _blend_weights(centre: Array) -> Array:
    """Return linear interpolation weights from the grid to the pixels, ``[size, GRID]``."""
    place = (centre[:, None] + 1) * ((GRID - 1) / 2)
    weights: Array = np.maximum(1 - np.abs(place - np.arange(GRID)), 0).astype(np.float32)
    return weights
