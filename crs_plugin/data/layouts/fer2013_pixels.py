"""FER2013's faces as its table has them: numbers in a cell."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from crs_plugin.data.dataset import DataError
from crs_plugin.data.images import ArrayImages

TABLES = ("fer2013.csv", "icml_face_data.csv")
"""What the table with the pixels is called."""

SIDE = 48
"""Width and height of a face in pixels."""


def as_pixels(cell: str, where: str) -> NDArray[np.uint8]:
    """Return the pixels uint8 ``[SIDE²]`` that a cell writes with blanks between them.

    Args:
        cell: The text.
        where: ``file:line``, for the message.

    Raises:
        DataError: If they are not so many whole numbers from 0 to 255.
    """
    try:
        pixels = np.fromstring(cell, dtype=np.int64, sep=" ")
    except ValueError:
        raise DataError(f"{where}: pixels must be whole numbers") from None
    if len(pixels) != SIDE**2 or pixels.min() < 0 or pixels.max() > 255:
        raise DataError(
            f"{where}: pixels must be {SIDE**2} numbers from 0 to 255; there are {len(pixels)}"
            + (f" from {pixels.min()} to {pixels.max()}" if len(pixels) else "")
        )
    return pixels.astype(np.uint8)


def as_images(
    pixels: Sequence[NDArray[np.uint8]], places: Sequence[int], file: Path
) -> ArrayImages:
    """Return the faces of some lines of a table as one array of grey images.

    Args:
        pixels: Of each face what ``as_pixels`` gives; one at least.
        places: Number of its line.
        file: The table.
    """
    return ArrayImages(np.concatenate(pixels).reshape(-1, 1, SIDE, SIDE), np.array(places), file)
