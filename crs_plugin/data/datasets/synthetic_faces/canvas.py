"""A batch of pictures to paint on, in the coordinates of the faces."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from types import EllipsisType

import numpy as np
from numpy.typing import NDArray

from crs_plugin.data.datasets.synthetic_faces.draws import Array
from crs_plugin.data.datasets.synthetic_faces.setting import Pose

EXTENT = 1.12
"""Half the width of a picture in face units, at zoom 1."""

_YAW_SHIFT = 0.22
_PITCH_SHIFT = 0.12
_REACH = 0.95  # beyond this distance from the face's middle, turning the head moves nothing


Box = tuple[EllipsisType, slice, slice]


def each(values: Array) -> Array:
    """Give one number per picture, ``[N]``, the shape ``[N, 1, 1]``."""
    return values[:, None, None]


@dataclass(frozen=True)
class Canvas:
    """N pictures, or a part of each.

    Attributes:
        pixels: ``[N, 3, H, W]`` float32, RGB in 0-1; painting changes them in place.
        x, y: ``[N, H, W]`` face coordinates of the pixels: right and down, the chin at y = 1. They
            turn with the head: features of the side that turns away are nearer to each other.
        pixel: ``[N, 1, 1]`` length of a pixel's side in face units, the width of soft edges.
        pose: Of the faces.
    """

    pixels: Array
    x: Array
    y: Array
    pixel: Array
    pose: Pose

    def inside(self, distance: Array) -> Array:
        """Return the share of each pixel that is inside, given signed distances (inside < 0)."""
        cover = distance * (-1 / self.pixel)
        cover += 0.5
        np.maximum(cover, 0, out=cover)
        return np.minimum(cover, 1, out=cover)

    def stroke(self, distance: Array, half_width: Array | float) -> Array:
        """Return the share of each pixel that a line covers, given distances to its middle."""
        return self.inside(np.abs(distance) - half_width)

    def paint(self, cover: Array, colour: Array) -> None:
        """Lay a colour ``[N, 3]`` over the pixels, with the opacity ``cover`` ``[N, H, W]``."""
        for channel in range(3):
            layer = self.pixels[:, channel]
            change = each(colour[:, channel]) - layer
            change *= cover
            layer += change

    def shade(self, amount: Array) -> None:
        """Darken the pixels by a share ``[N, H, W]``."""
        self.pixels[...] *= (1 - amount)[:, None]

    @contextmanager
    def window(self, left: float, right: float, top: float, bottom: float) -> Iterator["Canvas"]:
        """Yield a part that holds a box of the (turned) faces; what is painted is put back.

        All windows of a batch have one size, large enough for the most tilted face, so the pixels
        in the box do not depend on which pictures are painted together.
        """
        size = self.x.shape[-1]
        x, y = (left + right) / 2, (top + bottom) / 2
        centre_x, centre_y = to_pixels(self.pose, size, x, y)
        cosine, sine = np.abs(np.cos(self.pose.roll)), np.abs(np.sin(self.pose.roll))
        # Turning the head stretches its near side.
        half_width = (right - left) / 2 * (1 + 2 * _YAW_SHIFT * np.abs(self.pose.yaw))
        half_height = (bottom - top) / 2 * (1 + 2 * _PITCH_SHIFT * np.abs(self.pose.pitch))
        unit = self.pixel[:, 0, 0]
        width = 2 * int(np.ceil(((half_width * cosine + half_height * sine) / unit).max()) + 1)
        height = 2 * int(np.ceil(((half_width * sine + half_height * cosine) / unit).max()) + 1)
        width, height = min(width, size), min(height, size)
        columns = np.clip(np.round(centre_x - width / 2), 0, size - width).astype(np.int64)
        rows = np.clip(np.round(centre_y - height / 2), 0, size - height).astype(np.int64)
        boxes: list[Box] = [
            (..., slice(row, row + height), slice(column, column + width))
            for row, column in zip(rows.tolist(), columns.tolist(), strict=True)
        ]
        part = Canvas(
            _cut(self.pixels, boxes),
            _cut(self.x, boxes),
            _cut(self.y, boxes),
            self.pixel,
            self.pose,
        )
        yield part
        for picture, box, painted in zip(self.pixels, boxes, part.pixels, strict=True):
            picture[box] = painted

    def rows(self, indices: NDArray[np.int64]) -> "Canvas":
        """Return a copy of some of the pictures; ``put_rows`` puts it back."""
        return Canvas(
            self.pixels[indices],
            self.x[indices],
            self.y[indices],
            self.pixel[indices],
            self.pose.take(indices),
        )

    def put_rows(self, indices: NDArray[np.int64], part: "Canvas") -> None:
        """Put back what ``rows`` returned."""
        self.pixels[indices] = part.pixels


def _cut(values: Array, boxes: Sequence[Box]) -> Array:
    return np.stack([row[box] for row, box in zip(values, boxes, strict=True)])


def blank_canvas(pose: Pose, size: int) -> Canvas:
    """Return black pictures of ``size`` pixels square for faces in this pose."""
    count = len(pose.roll)
    unit = EXTENT / pose.zoom
    centre = (np.arange(size, dtype=np.float32) + 0.5) * (2 / size) - 1
    across = (centre[None] - pose.shift_x[:, None]) * unit[:, None]
    down = (centre[None] - pose.shift_y[:, None]) * unit[:, None]
    cosine, sine = each(np.cos(pose.roll)), each(np.sin(pose.roll))
    flat_x = cosine * across[:, None, :] + sine * down[:, :, None]
    flat_y = cosine * down[:, :, None] - sine * across[:, None, :]
    return Canvas(
        pixels=np.zeros((count, 3, size, size), np.float32),
        x=flat_x - each(_YAW_SHIFT * pose.yaw) * _nearness(flat_x),
        y=flat_y - each(_PITCH_SHIFT * pose.pitch) * _nearness(flat_y),
        pixel=each(unit * np.float32(2 / size)),
        pose=pose,
    )


def to_pixels(pose: Pose, size: int, x: float, y: float) -> tuple[Array, Array]:
    """Return the column and row, ``[N]`` each, of a point of the (turned) faces."""
    flat_x = x + _YAW_SHIFT * pose.yaw * _nearness(np.float32(x))
    flat_y = y + _PITCH_SHIFT * pose.pitch * _nearness(np.float32(y))
    cosine, sine = np.cos(pose.roll), np.sin(pose.roll)
    scale = pose.zoom / EXTENT
    across = (cosine * flat_x - sine * flat_y) * scale + pose.shift_x
    down = (sine * flat_x + cosine * flat_y) * scale + pose.shift_y
    return (across + 1) * (size / 2) - 0.5, (down + 1) * (size / 2) - 0.5


def _nearness(place: Array | np.float32) -> Array:
    near: Array = np.maximum(1 - np.square(place * np.float32(1 / _REACH)), 0)
    return near
