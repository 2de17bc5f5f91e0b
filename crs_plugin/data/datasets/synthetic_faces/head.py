"""Painting the head: hair, neck, ears, skin and beard."""

import numpy as np

from crs_plugin.data.datasets.synthetic_faces.canvas import Canvas, each
from crs_plugin.data.datasets.synthetic_faces.draws import Array
from crs_plugin.data.datasets.synthetic_faces.feature_shapes import Mouth
from crs_plugin.data.datasets.synthetic_faces.identity import BALD, FRINGE, LONG, PARTED, Identity


def line_colour(person: Identity) -> Array:
    """Return the colour of lines drawn on the skin, ``[N, 3]``."""
    colour: Array = person.skin * np.float32(0.32)
    return colour


def paint_head(canvas: Canvas, person: Identity, mouth: Mouth, outline: Array) -> Array:
    """Paint everything of the head that lies behind eyes, nose and mouth.

    Returns:
        The share of each pixel that the head covers, ``[N, S, S]``.
    """
    x, y = canvas.x, canvas.y
    aside = np.abs(x)
    width = each(person.face_width)
    _paint_hair_behind(canvas, person, aside)
    with canvas.window(-1.6, 1.6, 0.6, 1.9) as part:
        _paint_body(part, person)
    ear = np.sqrt(np.square(aside - width) + np.square((y - 0.02) * 0.6)) - 0.11
    edge = np.minimum(_head_distance(x, y, person, mouth), ear)
    on_head = canvas.inside(edge)
    canvas.paint(on_head, person.skin)
    rim = np.clip(1 + edge * 4, 0, 1) * on_head
    canvas.shade(0.22 * rim)
    canvas.paint(canvas.stroke(edge, 0.012) * each(outline), line_colour(person))
    _paint_beard(canvas, person, mouth, on_head)
    return canvas.inside(edge - 0.02)


def _paint_body(canvas: Canvas, person: Identity) -> None:
    aside, y = np.abs(canvas.x), canvas.y
    canvas.paint(canvas.inside(0.55 * aside + 1.02 - y), person.clothes)
    canvas.paint(canvas.inside(np.maximum(aside - 0.42, 0.6 - y)), person.skin * np.float32(0.78))


def _head_distance(x: Array, y: Array, person: Identity, mouth: Mouth) -> Array:
    """Return the signed distance (nearly) of an egg whose lower half is a jaw of its own shape."""
    lower = np.maximum(y, 0)
    # The chin follows the jaw; the cranium stays.
    lengthened = np.where(y > 0, y / (1 + each(mouth.jaw)), y)
    narrowed = np.maximum(1 - each(person.jaw_taper) * np.square(lower), 0.3)
    radius = np.sqrt(np.square(x / (each(person.face_width) * narrowed)) + np.square(lengthened))
    distance: Array = (radius - 1) * each(person.face_width)
    return distance


def _paint_hair_behind(canvas: Canvas, person: Identity, aside: Array) -> None:
    y = canvas.y
    around = np.sqrt(
        np.square(aside / (each(person.face_width) + 0.16)) + np.square((y + 0.05) / 1.12)
    )
    cap = np.maximum((around - 1) * 0.9, y + 0.15)
    falling = np.maximum(aside - each(person.face_width) - 0.14, -0.3 - y)
    long = each(person.hair_style == LONG)
    distance = np.where(long, np.minimum(cap, falling), cap) + 2 * each(
        (person.hair_style == BALD).astype(np.float32)
    )
    canvas.paint(canvas.inside(distance), person.hair * np.float32(0.85))


def paint_hair_in_front(canvas: Canvas, person: Identity, on_head: Array) -> None:
    """Paint the hair over the forehead."""
    x, y = canvas.x, canvas.y
    style = person.hair_style
    # The hairline is a parabola: fringes are straight and low, a parting lies to one side.
    bend = np.where(style == FRINGE, 0.10, 0.55)
    height = person.hairline + np.where(style == FRINGE, 0.16, 0.0) - 3.0 * (style == BALD)
    middle = np.where(style == PARTED, -0.35, 0.0)
    hairline = each(height.astype(np.float32)) + each(bend.astype(np.float32)) * np.square(
        x - each(middle.astype(np.float32))
    )
    canvas.paint(canvas.inside(y - hairline) * on_head, person.hair)


def _paint_beard(canvas: Canvas, person: Identity, mouth: Mouth, on_head: Array) -> None:
    bearded = np.flatnonzero(person.beard)
    if len(bearded) == 0:
        return
    part = canvas.rows(bearded)
    below = part.y - each(mouth.y[bearded]) + 0.06 - 0.5 * np.square(part.x)
    cover = np.clip(below * 6, 0, 1) * on_head[bearded] * each(person.beard[bearded])
    part.paint(cover, person.hair[bearded])
    canvas.put_rows(bearded, part)
