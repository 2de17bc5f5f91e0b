"""Painting what lies over a face: glasses, and whatever hides a part of it."""

from collections.abc import Callable

import numpy as np

from crs_plugin.data.datasets.synthetic_faces.canvas import Canvas, each
from crs_plugin.data.datasets.synthetic_faces.draws import Array
from crs_plugin.data.datasets.synthetic_faces.identity import Identity
from crs_plugin.data.datasets.synthetic_faces.setting import (
    BAR,
    HAND,
    SCARF,
    STRAND,
    SUNGLASSES,
    Occlusion,
)

_FRAME = np.array([0.10, 0.09, 0.09], np.float32)


def paint_glasses(canvas: Canvas, person: Identity) -> None:
    """Paint the frames of those who wear glasses."""
    wearers = np.flatnonzero(person.glasses)
    if len(wearers) == 0:
        return
    part = canvas.rows(wearers)
    lens = _lens_distance(part, person.take(wearers))
    frames = np.maximum(part.stroke(lens, 0.016), _bridge(part, person.take(wearers)))
    part.paint(0.9 * frames, np.broadcast_to(_FRAME, (len(wearers), 3)))
    canvas.put_rows(wearers, part)


def paint_occlusion(canvas: Canvas, occlusion: Occlusion, person: Identity) -> None:
    """Paint over a part of those faces that have something before them."""
    for kind, painter in _PAINTERS.items():
        rows = np.flatnonzero(occlusion.kind == kind)
        if len(rows):
            part = canvas.rows(rows)
            painter(part, occlusion.take(rows), person.take(rows))
            canvas.put_rows(rows, part)


def _paint_sunglasses(canvas: Canvas, occlusion: Occlusion, person: Identity) -> None:
    dark = occlusion.colour * np.float32(0.25)
    canvas.paint(0.94 * canvas.inside(_lens_distance(canvas, person)), dark)
    canvas.paint(_bridge(canvas, person), dark)


def _paint_hand(canvas: Canvas, occlusion: Occlusion, person: Identity) -> None:
    """Four fingers and a palm that come from one side of the cheek or chin."""
    side = np.where(occlusion.x < 0, -1, 1).astype(np.float32)
    outward = canvas.x * each(side)
    fingertip = each(0.28 + 0.15 * occlusion.extent)
    down = canvas.y - each(0.35 + 0.3 * occlusion.y)
    lean = down + 0.35 * (outward - 0.5)
    finger = np.full_like(down, np.inf)
    for number in range(4):
        middle = (number - 1.5) * 0.15
        tip = fingertip + 0.04 * abs(number - 1)
        along = np.maximum(tip + 0.07 - outward, 0)
        np.minimum(finger, np.hypot(along, lean - middle) - 0.07, out=finger)
    skin = person.skin * np.float32(0.95)
    cover = canvas.inside(finger)
    canvas.paint(canvas.inside(finger - 0.018) * 0.7, skin * np.float32(0.4))
    canvas.paint(cover, skin)


def _paint_bar(canvas: Canvas, occlusion: Occlusion, person: Identity) -> None:
    cosine, sine = each(np.cos(occlusion.angle)), each(np.sin(occlusion.angle))
    across = cosine * canvas.x + sine * canvas.y - each(0.9 * occlusion.x)
    canvas.paint(canvas.stroke(across, each(0.06 + 0.10 * occlusion.extent)), occlusion.colour)


def _paint_scarf(canvas: Canvas, occlusion: Occlusion, person: Identity) -> None:
    edge = each(0.72 - 0.16 * occlusion.extent) + 0.08 * np.abs(canvas.x)
    stripes = np.abs(np.mod(canvas.y * 6 + canvas.x * 2, 2) - 1)
    cover = canvas.inside(edge - canvas.y)
    canvas.paint(cover, occlusion.colour)
    canvas.shade(0.35 * cover * np.clip(stripes * 4 - 2, 0, 1))


def _paint_strand(canvas: Canvas, occlusion: Occlusion, person: Identity) -> None:
    """Hair that falls over one eye."""
    side = np.where(occlusion.x < 0, -1, 1).astype(np.float32)
    outward = canvas.x * each(side)
    edge = each(0.42 - 0.2 * occlusion.extent) + 0.35 * np.square(canvas.y + 0.9)
    head = np.hypot(outward / each(person.face_width), canvas.y)
    strand = np.maximum(np.maximum(edge - outward, canvas.y - 0.3), head - 1.05)
    canvas.paint(canvas.inside(strand), person.hair)


def _lens_distance(canvas: Canvas, person: Identity) -> Array:
    """Return the signed distance to two rounded lenses around the eyes."""
    across = (np.abs(canvas.x) - each(person.eye_distance)) / 0.29
    down = (canvas.y - each(person.eye_y) - 0.02) / 0.21
    square = np.square(np.square(across)) + np.square(np.square(down))
    distance: Array = (np.sqrt(np.sqrt(square)) - 1) * 0.25
    return distance


def _bridge(canvas: Canvas, person: Identity) -> Array:
    gap = each(person.eye_distance) - 0.29
    aside = np.abs(canvas.x)
    bar = np.minimum(aside - gap, np.maximum(0.58 + gap - aside, aside - each(person.face_width)))
    return canvas.stroke(canvas.y - each(person.eye_y) + 0.05, 0.016) * canvas.inside(bar)


Painter = Callable[[Canvas, Occlusion, Identity], None]

_PAINTERS: dict[int, Painter] = {
    SUNGLASSES: _paint_sunglasses,
    HAND: _paint_hand,
    BAR: _paint_bar,
    SCARF: _paint_scarf,
    STRAND: _paint_strand,
}
