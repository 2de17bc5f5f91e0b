"""Lighting a finished picture: slope, tint, gamma, grain and the loss of colour."""

import numpy as np

from crs_plugin.data.datasets.synthetic_faces.canvas import each
from crs_plugin.data.datasets.synthetic_faces.draws import Array
from crs_plugin.data.datasets.synthetic_faces.setting import Light

_LUMA = np.array([0.299, 0.587, 0.114], np.float32)
_TILE = np.random.Generator(np.random.PCG64(0)).standard_normal((256, 256), np.float32)
"""One fixed tile of noise; every picture takes its grain from another place of it."""


def apply_light(pixels: Array, light: Light) -> None:
    """Light pictures ``[N, 3, S, S]`` in place; they may leave 0-1."""
    size = pixels.shape[-1]
    centre = ((np.arange(size) + 0.5) * (2 / size) - 1).astype(np.float32)
    field = each(light.gain) * (
        (1 + 0.5 * light.slope_x[:, None] * centre)[:, None, :]
        + (0.5 * light.slope_y[:, None] * centre)[:, :, None]
    )
    grain = _grain(light, size)
    grey = np.flatnonzero(light.grey)
    for channel in range(3):
        layer = pixels[:, channel]
        layer *= field
        layer *= each(light.tint[:, channel])
        np.clip(layer, 1e-4, 1, out=layer)
        np.log(layer, out=layer)
        layer *= each(light.gamma)
        np.exp(layer, out=layer)
        layer += grain
    luma = np.einsum("c,nchw->nhw", _LUMA, pixels[grey])
    pixels[grey] = luma[:, None]


def _grain(light: Light, size: int) -> Array:
    steps = np.arange(size)
    rows = (light.grain_place[:, 0, None] + steps) % len(_TILE)
    columns = (light.grain_place[:, 1, None] + steps) % len(_TILE)
    noise: Array = _TILE[rows[:, :, None], columns[:, None, :]]
    return noise * each(light.grain)
