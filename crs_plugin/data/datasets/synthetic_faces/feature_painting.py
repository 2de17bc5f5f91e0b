"""Painting what expressions move: brows, eyes, nose, mouth, and the lines that units leave."""

import numpy as np

from crs_plugin.data.datasets.synthetic_faces.action_units import ActionUnits
from crs_plugin.data.datasets.synthetic_faces.canvas import Canvas, each
from crs_plugin.data.datasets.synthetic_faces.draws import Array
from crs_plugin.data.datasets.synthetic_faces.feature_shapes import Brow, Eye, Mouth
from crs_plugin.data.datasets.synthetic_faces.head import line_colour
from crs_plugin.data.datasets.synthetic_faces.identity import Identity

EYE_WHITE = np.array([0.97, 0.97, 0.95], np.float32)
TEETH = np.array([0.96, 0.95, 0.90], np.float32)
PALATE = np.array([0.22, 0.05, 0.06], np.float32)
TONGUE = np.array([0.75, 0.32, 0.34], np.float32)
DARK = np.array([0.05, 0.04, 0.04], np.float32)
GLINT = np.array([1.0, 1.0, 1.0], np.float32)


def paint_eye(canvas: Canvas, eye: Eye, person: Identity, units: ActionUnits, side: int) -> None:
    """Paint one eye, its lids, and the lines that AU6 and AU7 draw around it."""
    outward = canvas.x * (-1 if side == 0 else 1) - each(eye.distance)
    down = canvas.y - each(eye.y) + each(eye.tilt) * outward
    across = outward / each(eye.half_width)
    lens = np.maximum(1 - np.square(across), 0)
    upper = -each(eye.upper) * (lens - each(eye.lid_slant) * across * lens)
    lower = each(eye.lower) * lens
    opening = np.maximum(
        np.maximum(upper - down, down - lower), np.abs(outward) - each(eye.half_width)
    )
    on_eye = canvas.inside(opening)
    canvas.shade(0.18 * canvas.inside(opening - 0.045))
    canvas.paint(on_eye, np.broadcast_to(EYE_WHITE, person.skin.shape))

    pose = canvas.pose
    gaze_x = (-1 if side == 0 else 1) * each(0.06 * pose.gaze_x)
    iris_radius = each(0.78 * person.eye_height)
    from_iris = np.sqrt(np.square(outward - gaze_x) + np.square(down - each(0.03 * pose.gaze_y)))
    canvas.paint(canvas.inside(from_iris - iris_radius) * on_eye, person.iris)
    canvas.paint(canvas.inside(from_iris - 0.5 * iris_radius) * on_eye, _same(DARK, person))
    glint = np.sqrt(np.square(outward - gaze_x - 0.025) + np.square(down + 0.035)) - 0.018
    canvas.paint(canvas.inside(glint) * on_eye, _same(GLINT, person))

    within = canvas.inside(np.abs(outward) - 1.05 * each(eye.half_width))
    line = line_colour(person)
    canvas.paint(canvas.stroke(down - upper, 0.018) * within, line * np.float32(0.5))
    cheek = each(np.clip(units.side(6, side) + 0.35 * person.age, 0, 1))
    lines = 0.8 * canvas.stroke(down - lower, 0.007)
    lines += 0.5 * canvas.stroke(down - upper + 0.05, 0.006)
    lines += 0.75 * cheek * canvas.stroke(down - lower - 0.06 + 0.02 * np.square(across), 0.009)
    lines *= within
    lines += 0.8 * cheek * _crows_feet(canvas, outward - each(eye.half_width), down)
    canvas.paint(np.minimum(lines, 1), line)


def paint_brow(canvas: Canvas, brow: Brow, person: Identity, side: int) -> None:
    """Paint one brow."""
    outward = canvas.x * (-1 if side == 0 else 1)
    half_width = (brow.outer - brow.inner) / 2
    along = (outward - each(brow.inner + half_width)) / each(half_width)
    slope = (brow.outer_y - brow.inner_y) / 2
    bend = (brow.outer_y + brow.inner_y) / 2 - brow.middle_y
    height = each(brow.middle_y) + along * (each(slope) + each(bend) * along)
    steep = np.sqrt(1 + np.square((each(slope) + 2 * each(bend) * along) / each(half_width)))
    thickness = each(brow.thickness) * np.clip(1 - 0.25 * along, 0.4, 1.4)
    distance = np.abs(canvas.y - height) / steep - thickness
    distance = np.maximum(distance, (np.abs(along) - 1) * each(half_width))
    canvas.paint(canvas.inside(distance) * 0.95, person.hair * np.float32(0.6))


def paint_nose(canvas: Canvas, person: Identity, units: ActionUnits) -> None:
    """Paint the nose, AU9's wrinkles across its root, and AU4's furrows between the brows."""
    x, y = canvas.x, canvas.y
    line = line_colour(person)
    wrinkled, lifted = units.both(9), units.both(10)
    wing = person.nose_width * (1 + 0.3 * wrinkled + 0.12 * lifted)
    base = person.nose_y - 0.06 * wrinkled - 0.02 * lifted
    # The nose stands out: it moves more than the face when the head turns.
    aside = np.abs(x - each(0.07 * canvas.pose.yaw))
    ridge_light = np.clip(1 - aside * 12, 0, 1) * np.clip((each(base) - y) * 5, 0, 1)
    ridge_light *= np.clip((y + 0.25) * 5, 0, 1)
    canvas.shade(-0.10 * ridge_light)
    lines = 0.75 * canvas.stroke(y - each(base) + 1.2 * np.square(aside), 0.014)
    lines *= canvas.inside(aside - each(wing))
    nostril = _length(aside - each(0.55 * wing), (y - each(base) + 0.03) * 1.5) - 0.03
    np.maximum(lines, 0.8 * canvas.inside(nostril), out=lines)
    wing_line = canvas.stroke(_length(aside - each(wing), y - each(base) + 0.06) - 0.055, 0.009)
    wing_line *= aside > each(wing)
    lines += wing_line * each(0.35 + 0.65 * np.clip(wrinkled, 0, 1))

    root = y + 0.45 * aside
    wrinkles = canvas.stroke(root + 0.16, 0.012)
    wrinkles += canvas.stroke(root + 0.08, 0.012)
    wrinkles += canvas.stroke(root, 0.012)
    wrinkles *= canvas.inside(aside - 0.15)
    lines += wrinkles * each(np.clip(wrinkled, 0, 1))
    furrow = canvas.stroke(np.abs(x) - 0.05, 0.012)
    furrow *= canvas.inside(np.abs(y - each(person.eye_y - person.brow_gap) - 0.06) - 0.1)
    lines += furrow * each(np.clip(units.both(4) - 0.15, 0, 0.9))
    canvas.paint(np.minimum(lines, 1), line)


def paint_forehead(canvas: Canvas, person: Identity, units: ActionUnits) -> None:
    """Paint the wrinkles of raised brows: AU1 alone in the middle, with AU2 right across."""
    reach = 0.18 + 0.26 * np.clip(units.both(2), 0, 1)
    depth = np.clip(0.8 * np.maximum(units.both(1), units.both(2)) + 0.5 * person.age, 0, 0.85)
    within = np.clip((each(reach) - np.abs(canvas.x)) * 12, 0, 1)
    top = each(person.eye_y - person.brow_gap) - 0.2
    lines = canvas.stroke(canvas.y - top + 0.12 * np.square(canvas.x), 0.009)
    lines += canvas.stroke(canvas.y - top - 0.07 + 0.12 * np.square(canvas.x), 0.009)
    canvas.paint(np.minimum(lines, 1) * within * each(depth), line_colour(person))


def paint_mouth(canvas: Canvas, mouth: Mouth, person: Identity, units: ActionUnits) -> None:
    """Paint lips, opening, teeth and tongue, and the lines around them."""
    x, y = canvas.x, canvas.y
    across = x / each(mouth.half_width)
    square = np.square(across)
    within = np.maximum(1 - square, 0)
    lens = np.sqrt(within)
    profile = lens + each(mouth.boxy) * (np.sqrt(lens) - lens)
    corner = np.where(x < 0, each(mouth.corners[:, 0]), each(mouth.corners[:, 1]))
    middle = each(mouth.y) + corner * np.minimum(square, 1.4)
    top = middle - each(mouth.upper) * profile
    bottom = middle + each(mouth.lower) * profile
    line = line_colour(person)
    _paint_folds(canvas, mouth, person, units)

    if person.moustache.any():
        over = np.abs(y - top + each(mouth.upper_lip) + 0.04) - 0.035 * np.sqrt(within)
        on_lip = canvas.inside(np.maximum(over, np.abs(x) - 0.9 * each(mouth.half_width)))
        canvas.paint(on_lip * each(0.9 * person.moustache), person.hair)
    bow = 1 - 0.25 * np.maximum(1 - 16 * square, 0)
    lips = np.maximum(
        top - each(mouth.upper_lip) * lens * bow - y, y - bottom - each(mouth.lower_lip) * lens
    )
    ends = (np.abs(across) - 1) * each(mouth.half_width)
    canvas.paint(canvas.inside(np.maximum(lips, ends)), person.lips)

    gap = np.maximum(np.maximum(top - y, y - bottom), ends)
    on_gap = canvas.inside(gap - 0.004)
    canvas.paint(on_gap, _same(PALATE, person))
    height = each(mouth.upper + mouth.lower)
    tongue = _length(across * 1.4, (y - bottom - 0.02) / np.maximum(0.5 * height, 0.02)) - 1
    canvas.paint(canvas.inside(tongue * 0.1) * on_gap * 0.9, _same(TONGUE, person))
    teeth = canvas.inside(y - top - each(mouth.upper_teeth) * np.minimum(0.55 * height, 0.095))
    canvas.paint(teeth * on_gap * each(np.clip(20 * mouth.upper_teeth, 0, 1)), _same(TEETH, person))
    low = canvas.inside(bottom - y - each(mouth.lower_teeth) * np.minimum(0.4 * height, 0.06))
    canvas.paint(low * on_gap * each(np.clip(20 * mouth.lower_teeth, 0, 1)), _same(TEETH, person))
    closed = canvas.stroke(y - middle, 0.012) * canvas.inside(ends - 0.02)
    shut = np.clip(1 - 12 * (mouth.upper + mouth.lower), 0, 1)
    canvas.paint(closed * each(shut), line * np.float32(0.6))


def _paint_folds(canvas: Canvas, mouth: Mouth, person: Identity, units: ActionUnits) -> None:
    """Paint nasolabial folds (AU9, 10, 12), dimples (14), corner lines (15) and the chin (17)."""
    x, y = canvas.x, canvas.y
    line = line_colour(person)
    aside = np.abs(x)
    right = x > 0

    def by_side(unit: int) -> Array:
        return np.where(right, each(units.side(unit, 1)), each(units.side(unit, 0)))

    start_y, start_x = person.nose_y - 0.04, person.nose_width + 0.05
    corner = np.where(right, each(mouth.corners[:, 1]), each(mouth.corners[:, 0]))
    end_y = each(mouth.y) + np.minimum(corner, 0.02)
    down = (y - each(start_y)) / np.maximum(end_y - each(start_y), 0.1)
    bowed = down + 0.35 * by_side(12) * down * (1 - down) * 2
    fold_x = each(start_x) + (each(mouth.half_width) + 0.07 - each(start_x)) * bowed
    depth = np.maximum(np.maximum(0.9 * by_side(12), 0.9 * by_side(10)), by_side(9) * 0.8)
    depth = np.clip(depth + 0.4 * each(person.age), 0, 0.85)
    reach = canvas.inside((np.abs(down - 0.5) - 0.5) * 0.3)
    lines = canvas.stroke((aside - fold_x) * 0.8, 0.011) * reach * depth

    corner_y = y - each(mouth.y) - corner
    beyond = aside - each(mouth.half_width)
    dimple = canvas.stroke(_length(beyond + 0.06, corner_y) - 0.11, 0.014)
    dimple *= canvas.inside(np.abs(corner_y) - 0.09) * (beyond > 0)
    lines += dimple * np.clip(by_side(14), 0, 0.95)
    sag = canvas.stroke(beyond - 0.03 - 0.3 * corner_y, 0.011)
    sag *= canvas.inside(np.abs(corner_y - 0.06) - 0.06)
    lines += sag * np.clip(0.8 * by_side(15), 0, 0.8)
    chin = y - each(mouth.y + mouth.lower + 0.15) - 0.7 * np.square(x)
    bulge = canvas.stroke(chin, 0.012) * canvas.inside(aside - 0.15)
    lines += bulge * each(np.clip(0.15 + 0.8 * units.both(17), 0, 0.9))
    canvas.paint(np.minimum(lines, 1), line)


def _crows_feet(canvas: Canvas, beyond: Array, down: Array) -> Array:
    rays = canvas.stroke(down - 0.5 * beyond, 0.008) + canvas.stroke(down + 0.5 * beyond, 0.008)
    cover: Array = np.minimum(rays, 1) * canvas.inside(np.abs(beyond - 0.07) - 0.05)
    return cover


def _length(x: Array, y: Array) -> Array:
    length: Array = np.sqrt(np.square(x) + np.square(y))  # np.hypot is several times slower
    return length


def _same(colour: Array, person: Identity) -> Array:
    return np.broadcast_to(colour, person.skin.shape)
