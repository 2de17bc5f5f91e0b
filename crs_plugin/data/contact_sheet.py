"""A contact sheet: one row of faces per expression, for a person to look at."""

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from crs_plugin.data.dataset import DataError, FaceDataset
from crs_plugin.data.decoding import decode
from crs_plugin.data.images import picture_of
from crs_plugin.expressions import ALL_EXPRESSIONS, UNLABELLED

LABEL_WIDTH = 170


def contact_sheet(dataset: FaceDataset, columns: int, size: int, seed: int = 0) -> Image.Image:
    """Draw up to ``columns`` faces of every expression, chosen at random.

    Args:
        dataset: The faces; those without a label get a row of their own.
        columns: Faces in a row.
        size: Side of a face in pixels.
        seed: Of the choice.

    Raises:
        DataError: If the set is empty or an image cannot be read.
    """
    if len(dataset) == 0:
        raise DataError(f"{dataset.name} holds no images to show")
    generator = np.random.default_rng(seed)
    ids = np.unique(dataset.fine)
    sheet = Image.new("RGB", (LABEL_WIDTH + columns * size, len(ids) * size), "white")
    draw = ImageDraw.Draw(sheet)
    font = ImageFont.load_default(15)
    for row, fine in enumerate(ids):
        members = np.flatnonzero(dataset.fine == fine)
        chosen = np.sort(generator.permutation(members)[:columns])
        name = "(no label)" if fine == UNLABELLED else ALL_EXPRESSIONS[fine]
        draw.text((6, row * size + size // 2 - 18), f"{name}\n{len(members)}", "black", font)
        for column, face in enumerate(decode(dataset.take(chosen), size)):
            sheet.paste(picture_of(face), (LABEL_WIDTH + column * size, row * size))
    return sheet
