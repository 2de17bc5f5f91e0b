"""What surrounds an expression in a picture: pose, light, backdrop and occlusion.

All of it is nuisance, and in raw pixels stronger than the expression itself. The two domains
differ here: *wild* pictures are coloured, cluttered, tilted, unevenly lit and partly hidden; *lab*
pictures are frontal, evenly lit, before a plain wall, and mostly grey.
"""

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from crs_plugin.data.datasets.synthetic_faces.columns import Columns
from crs_plugin.data.datasets.synthetic_faces.draws import Array, Draws

Domain = Literal["wild", "lab"]

NOTHING, SUNGLASSES, HAND, BAR, SCARF, STRAND = range(6)
"""What hides a part of the face."""

BOXES = 3
"""Number of boxes in the background."""

GRID = 5
"""Side of the coarse grid of colours that a cluttered background is blended from."""


@dataclass(frozen=True)
class DomainStyle:
    """How pictures of a domain differ from those of another; see the fields of ``Setting``.

    Attributes:
        intensity: Range of the strength of expressions.
        talking: Share of faces with the mouth open as in speech.
        glasses, beards: Shares of persons that wear them.
        shift: Largest shift of the face, in half widths of the picture.
        roll, yaw: Largest angles in radians.
        zoom: Range of the magnification.
        gamma: Range of the exponent of the brightness.
        shade: Largest brightness step from one side of the picture to the other.
        tint: Largest change of a colour channel.
        grain: Largest amplitude of the noise.
        clutter: Strength of the background's colours around the mean.
        grey: Share of pictures without colour.
        hidden: Share of faces that something hides a part of.
        outline: Strength of the dark line around the face.
    """

    intensity: tuple[float, float]
    talking: float
    glasses: float
    beards: float
    shift: float
    roll: float
    yaw: float
    zoom: tuple[float, float]
    gamma: tuple[float, float]
    shade: float
    tint: float
    grain: float
    clutter: float
    grey: float
    hidden: float
    outline: float


STYLES: dict[Domain, DomainStyle] = {
    "wild": DomainStyle(
        intensity=(0.7, 1.1),
        talking=0.1,
        glasses=0.2,
        beards=0.2,
        shift=0.11,
        roll=0.28,
        yaw=0.8,
        zoom=(0.88, 1.16),
        gamma=(0.7, 1.4),
        shade=0.4,
        tint=0.15,
        grain=0.03,
        clutter=0.75,
        grey=0.1,
        hidden=0.25,
        outline=0.35,
    ),
    "lab": DomainStyle(
        intensity=(0.85, 1.2),
        talking=0.0,
        glasses=0.08,
        beards=0.12,
        shift=0.08,
        roll=0.12,
        yaw=0.25,
        zoom=(0.9, 1.12),
        gamma=(0.85, 1.2),
        shade=0.12,
        tint=0.04,
        grain=0.02,
        clutter=0.05,
        grey=0.7,
        hidden=0.0,
        outline=0.8,
    ),
}


@dataclass(frozen=True)
class Pose(Columns):
    """Where N faces are and how they are turned; shifts in half widths, angles in radians."""

    shift_x: Array
    shift_y: Array
    roll: Array
    yaw: Array
    pitch: Array
    zoom: Array
    gaze_x: Array
    gaze_y: Array
    blink: Array


@dataclass(frozen=True)
class Light(Columns):
    """How N pictures are lit and taken; ``slope_*`` is the brightness step over the half width."""

    slope_x: Array
    slope_y: Array
    gamma: Array
    gain: Array
    tint: Array
    grain: Array
    grain_place: NDArray[np.int64]
    grey: Array


@dataclass(frozen=True)
class Backdrop(Columns):
    """Background: a blend of grid colours ``[N, 3, GRID, GRID]`` and ``BOXES`` boxes."""

    grid: Array
    box_x: Array
    box_y: Array
    box_width: Array
    box_height: Array
    box_blur: Array
    box_colour: Array
    box_opacity: Array


@dataclass(frozen=True)
class Occlusion(Columns):
    """What hides a part of N faces, where, and in which colour."""

    kind: NDArray[np.int64]
    x: Array
    y: Array
    angle: Array
    extent: Array
    colour: Array


@dataclass(frozen=True)
class Setting:
    """Everything around the expressions of N pictures."""

    pose: Pose
    light: Light
    backdrop: Backdrop
    occlusion: Occlusion
    outline: Array

    def take(self, indices: NDArray[np.int64]) -> "Setting":
        """Return the settings of these indices."""
        return Setting(
            self.pose.take(indices),
            self.light.take(indices),
            self.backdrop.take(indices),
            self.occlusion.take(indices),
            self.outline[indices],
        )


def draw_settings(draws: Draws, style: DomainStyle) -> Setting:
    """Draw the settings of N pictures."""
    return Setting(
        _draw_pose(draws, style),
        _draw_light(draws, style),
        _draw_backdrop(draws, style),
        _draw_occlusion(draws, style),
        np.full(draws.count, style.outline, np.float32),
    )


def _draw_pose(draws: Draws, style: DomainStyle) -> Pose:
    return Pose(
        shift_x=draws.bell("shift x", style.shift),
        shift_y=draws.bell("shift y", style.shift),
        roll=draws.bell("roll", style.roll),
        yaw=draws.bell("yaw", style.yaw),
        pitch=draws.bell("pitch", style.yaw * 0.6),
        zoom=draws.between("zoom", *style.zoom),
        gaze_x=draws.bell("gaze x", 0.2 + style.yaw),
        gaze_y=draws.bell("gaze y", 0.2 + 0.5 * style.yaw),
        blink=draws.chance("blink", 0.08 * style.hidden),
    )


def _draw_light(draws: Draws, style: DomainStyle) -> Light:
    return Light(
        slope_x=draws.between("slope x", -style.shade, style.shade),
        slope_y=draws.between("slope y", -style.shade, style.shade),
        gamma=np.exp(draws.between("gamma", math.log(style.gamma[0]), math.log(style.gamma[1]))),
        gain=1 + draws.bell("gain", style.shade * 0.6),
        tint=1 + draws.bell("tint", style.tint, 3),
        grain=draws.between("grain", 0, style.grain),
        grain_place=(draws.unit("grain place", 3) * (1 << 20)).astype(np.int64),
        grey=draws.chance("grey", style.grey),
    )


def _draw_backdrop(draws: Draws, style: DomainStyle) -> Backdrop:
    mean = draws.between("wall", 0.2, 0.9, 1) + draws.bell("wall hue", style.clutter * 0.4, 3)
    grid = mean[..., None, None] + draws.bell("grid", style.clutter * 0.6, 3, GRID, GRID)
    return Backdrop(
        grid=np.clip(grid, 0, 1),
        box_x=draws.between("box x", -1, 1, BOXES),
        box_y=draws.between("box y", -1, 1, BOXES),
        box_width=draws.between("box width", 0.08, 0.5, BOXES),
        box_height=draws.between("box height", 0.08, 0.5, BOXES),
        box_blur=draws.between("box blur", 0.02, 0.4, BOXES),
        box_colour=draws.unit("box colour", BOXES, 3),
        box_opacity=0.85 * draws.chance("box shown", style.clutter, BOXES),
    )


def _draw_occlusion(draws: Draws, style: DomainStyle) -> Occlusion:
    shares = style.hidden * np.array([0.22, 0.25, 0.2, 0.13, 0.2])
    return Occlusion(
        kind=draws.pick("occlusion", np.array([1 - shares.sum(), *shares])),
        x=draws.between("occlusion x", -1, 1),
        y=draws.between("occlusion y", -1, 1),
        angle=draws.between("occlusion angle", 0, float(np.pi)),
        extent=draws.unit("occlusion extent"),
        colour=draws.unit("occlusion colour", 3),
    )
