"""Some faces, each beside those that the encoder finds most alike."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch

from crs_plugin.data.images import picture_of
from crs_plugin.evaluation.figures.drawing import Drawing, as_png

if TYPE_CHECKING:
    from PIL import ImageDraw

_SIDE, _GAP, _FRAME, _TEXT, _HEAD = 84, 12, 4, 40, 28
RIGHT, WRONG = "#00795a", "#c04a00"
"""Colours of a neighbour of the same class and of another; their marks differ as well."""


@dataclass(frozen=True)
class Neighbours:
    """One face and those nearest to it.

    Attributes:
        images: uint8 ``[1 + K, 1|3, H, W]``, the face itself first.
        labels: Name of the expression of each.
    """

    images: torch.Tensor
    labels: tuple[str, ...]


def neighbours_sheet(name: str, title: str, rows: Sequence[Neighbours]) -> Drawing:
    """Draw a row for each face; neighbours of its class bear a tick, others a cross and a name.

    Args:
        name: File name without suffix.
        title: Heading.
        rows: The faces, with as many neighbours each.
    """
    from PIL import Image, ImageDraw, ImageFont

    columns = max(len(row.labels) for row in rows)
    width = columns * (_SIDE + _GAP) + 2 * _GAP
    height = _SIDE + _TEXT
    sheet = Image.new("RGB", (width, _HEAD + len(rows) * height), "white")
    pen, font = ImageDraw.Draw(sheet), ImageFont.load_default(15)
    pen.text((_GAP, 5), "face", "black", font)
    pen.text((_SIDE + 3 * _GAP, 5), "faces nearest to it, the nearest first", "black", font)
    for number, row in enumerate(rows):
        top = _HEAD + number * height
        for column, (image, label) in enumerate(zip(row.images, row.labels, strict=True)):
            left = _GAP + column * (_SIDE + _GAP) + _GAP * (column > 0)
            sheet.paste(picture_of(image).resize((_SIDE, _SIDE)), (left, top))
            if column:
                _mark(pen, left, top, label == row.labels[0])
            pen.multiline_text(
                (left, top + _SIDE + 3), label.replace(" ", "\n"), "black", font, spacing=0
            )
    found = "; ".join(
        f"{row.labels[0]}: {sum(label == row.labels[0] for label in row.labels[1:])} of"
        f" {len(row.labels) - 1}"
        for row in rows
    )
    return Drawing(
        name=name,
        title=title,
        alt=(
            "Faces drawn at random, one of each expression, each beside the faces that lie nearest"
            f" to it; a tick marks the same expression, a cross another. Right: {found}."
        ),
        png=as_png(sheet),
    )


def _mark(pen: "ImageDraw.ImageDraw", left: int, top: int, right: bool) -> None:
    """Frame a face and put a tick or a cross into its upper right corner."""
    colour, corner = RIGHT if right else WRONG, left + _SIDE - 20
    pen.rectangle((left, top, left + _SIDE - 1, top + _SIDE - 1), None, colour, _FRAME)
    pen.rectangle((corner, top, corner + 19, top + 19), colour)
    if right:
        pen.line(
            [(corner + 4, top + 10), (corner + 8, top + 15), (corner + 15, top + 4)], "white", 3
        )
    else:
        pen.line([(corner + 5, top + 5), (corner + 14, top + 14)], "white", 3)
        pen.line([(corner + 14, top + 5), (corner + 5, top + 14)], "white", 3)
