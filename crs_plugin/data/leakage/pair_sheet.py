"""A contact sheet of pairs of images that leak, for a person to judge."""

from collections.abc import Sequence

import numpy as np
import torch
from PIL import Image, ImageDraw, ImageFont

from crs_plugin.data.dataset import FaceDataset
from crs_plugin.data.decoding import decode
from crs_plugin.data.images import picture_of
from crs_plugin.data.leakage.overlap import Overlap, Pairs

MOST_SHOWN = 60
"""Pairs on a sheet, shared among the pairs of parts."""

_COLUMNS, _SIZE, _CAPTION, _GAP, _TITLE = 6, 72, 16, 10, 24


def pair_sheet(overlaps: Sequence[Overlap]) -> Image.Image:
    """Draw pairs of copies, each with its similarity; of many, some from all over the range.

    Args:
        overlaps: What leaks; one at least has copies.

    Raises:
        DataError: If an image cannot be read.
    """
    shown = [found for found in overlaps if len(found.copies)]
    each = max(_COLUMNS, MOST_SHOWN // max(1, len(shown)))
    rows = [-(-min(each, len(found.copies)) // _COLUMNS) for found in shown]
    step = _SIZE + _CAPTION
    width = _COLUMNS * (2 * _SIZE + _GAP)
    sheet = Image.new("RGB", (width, sum(rows) * step + len(shown) * _TITLE), "white")
    draw = ImageDraw.Draw(sheet)
    top = 0
    for found, lines in zip(shown, rows, strict=True):
        title = f"{found.first.name} | {found.second.name}: {len(found.copies):,} pairs"
        draw.text((4, top + 4), title, "black", ImageFont.load_default(14))
        _draw_pairs(sheet, found, top + _TITLE, each)
        top += _TITLE + lines * step
    return sheet


def _draw_pairs(sheet: Image.Image, found: Overlap, top: int, most: int) -> None:
    chosen = np.unique(np.linspace(0, len(found.copies) - 1, most).round().astype(np.int64))
    pairs = found.copies.take(chosen)
    sides = _decoded(found.first.dataset, pairs.first), _decoded(found.second.dataset, pairs.second)
    draw, font = ImageDraw.Draw(sheet), ImageFont.load_default(11)
    for place in range(len(pairs)):
        row, column = divmod(place, _COLUMNS)
        x, y = column * (2 * _SIZE + _GAP), top + row * (_SIZE + _CAPTION)
        for side, images in enumerate(sides):
            sheet.paste(picture_of(images[place]), (x + side * _SIZE, y))
        draw.text((x + 2, y + _SIZE), _caption(pairs, place), "black", font)


def _decoded(dataset: FaceDataset, rows: np.ndarray) -> torch.Tensor:
    return decode(dataset.take(rows), _SIZE)


def _caption(pairs: Pairs, place: int) -> str:
    if pairs.exact[place]:
        return "exact"
    return f"{pairs.similarity[place]:.2f}" + " mirrored" * bool(pairs.mirrored[place])
