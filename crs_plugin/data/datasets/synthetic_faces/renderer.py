"""Pictures of faces from the numbers that describe them, in batches."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from crs_plugin.data.datasets.synthetic_faces import feature_painting, feature_shapes
from crs_plugin.data.datasets.synthetic_faces.action_units import ActionUnits
from crs_plugin.data.datasets.synthetic_faces.backdrop import paint_backdrop
from crs_plugin.data.datasets.synthetic_faces.canvas import blank_canvas
from crs_plugin.data.datasets.synthetic_faces.head import paint_hair_in_front, paint_head
from crs_plugin.data.datasets.synthetic_faces.identity import Identity
from crs_plugin.data.datasets.synthetic_faces.light import apply_light
from crs_plugin.data.datasets.synthetic_faces.occlusion import paint_glasses, paint_occlusion
from crs_plugin.data.datasets.synthetic_faces.setting import Setting

VERSION = 4
"""Raise it with every change of what pictures look like, so that kept ones are drawn anew."""

_PIXELS_AT_ONCE = 24 * 64 * 64  # a layer of so many float32 stays in a core's cache


@dataclass(frozen=True)
class Scenes:
    """All that N pictures show; each row describes one picture completely."""

    units: ActionUnits
    person: Identity
    setting: Setting

    def __len__(self) -> int:
        return len(self.units.values)

    def take(self, indices: NDArray[np.int64]) -> "Scenes":
        """Return the scenes of these indices."""
        return Scenes(
            ActionUnits(self.units.values[indices]),
            self.person.take(indices),
            self.setting.take(indices),
        )


def batch_size(size: int) -> int:
    """Return how many pictures of ``size`` pixels square are best drawn at once."""
    return max(1, _PIXELS_AT_ONCE // (size * size))


def render(scenes: Scenes, size: int) -> NDArray[np.uint8]:
    """Draw pictures ``[N, 3, size, size]``, RGB; each depends on its own scene alone."""
    units, person, pose = scenes.units, scenes.person, scenes.setting.pose
    canvas = blank_canvas(pose, size)
    mouth = feature_shapes.mouth(units, person)
    paint_backdrop(canvas, scenes.setting.backdrop)
    on_head = paint_head(canvas, person, mouth, scenes.setting.outline)
    with canvas.window(-0.5, 0.5, -0.85, -0.4) as part:
        feature_painting.paint_forehead(part, person, units)
    paint_hair_in_front(canvas, person, on_head)
    with canvas.window(-0.3, 0.3, -0.55, 0.36) as part:
        feature_painting.paint_nose(part, person, units)
    with canvas.window(-0.55, 0.55, 0.15, 1.1) as part:
        feature_painting.paint_mouth(part, mouth, person, units)
    for side, (left, right) in enumerate([(-0.72, -0.04), (0.04, 0.72)]):
        with canvas.window(left, right, -0.72, 0.12) as part:
            eye = feature_shapes.eye(units, person, side, pose.blink)
            feature_painting.paint_eye(part, eye, person, units, side)
            brow = feature_shapes.brow(units, person, side)
            feature_painting.paint_brow(part, brow, person, side)
    paint_glasses(canvas, person)
    paint_occlusion(canvas, scenes.setting.occlusion, person)
    apply_light(canvas.pixels, scenes.setting.light)
    levels = canvas.pixels
    levels *= 255
    levels += 0.5
    return np.clip(levels, 0, 255, out=levels).astype(np.uint8)
