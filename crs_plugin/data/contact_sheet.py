"""A contact sheet: one row of faces per expression, for a person to look at."""

from collections.abc import Callable

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from crs_plugin.data.bad_images import BadImage, listed
from crs_plugin.data.dataset import DataError, FaceDataset
from crs_plugin.data.decoding import decode_what_can_be_read
from crs_plugin.data.images import picture_of
from crs_plugin.expressions import ALL_EXPRESSIONS, UNLABELLED

LABEL_WIDTH = 170


def contact_sheet(
    dataset: FaceDataset,
    columns: int,
    size: int,
    seed: int = 0,
    left_out: Callable[[BadImage], None] = lambda bad: None,
) -> Image.Image:
    """Draw up to ``columns`` faces of every expression, chosen at random.

    Args:
        dataset: The faces; those without a label get a row of their own.
        columns: Faces in a row.
        size: Side of a face in pixels.
        seed: Of the choice.
        left_out: Hears of each chosen image that cannot be read, and so is not drawn.

    Raises:
        DataError: If the set is empty, or none of the chosen images can be read.
    """
    if len(dataset) == 0:
        raise DataError(f"{dataset.name} holds no images to show")
    generator = np.random.default_rng(seed)
    ids = np.unique(dataset.fine)
    sheet = Image.new("RGB", (LABEL_WIDTH + columns * size, len(ids) * size), "white")
    draw = ImageDraw.Draw(sheet)
    font = ImageFont.load_default(15)
    bad: list[BadImage] = []
    drawn = 0
    for row, fine in enumerate(ids):
        members = np.flatnonzero(dataset.fine == fine)
        chosen = np.sort(generator.permutation(members)[:columns])
        name = "(no label)" if fine == UNLABELLED else ALL_EXPRESSIONS[fine]
        draw.text((6, row * size + size // 2 - 18), f"{name}\n{len(members)}", "black", font)
        pixels, unreadable = decode_what_can_be_read(dataset.take(chosen), size)
        faces = [face for place, face in enumerate(pixels) if place not in unreadable]
        for column, face in enumerate(faces):
            sheet.paste(picture_of(face), (LABEL_WIDTH + column * size, row * size))
        bad += unreadable.values()
        drawn += len(faces)
    if not drawn:
        raise DataError(
            f"data set {dataset.name}: none of the {len(bad):,} images that were to be shown can be"
            f" read:{listed(bad)}"
        )
    for image in bad:
        left_out(image)
    return sheet
