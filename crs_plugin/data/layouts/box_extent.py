"""Whether the boxes of a label file can be x, y, width and height in its images' pixels."""

import warnings

import numpy as np
from numpy.typing import NDArray

from crs_plugin.data.dataset import DataError, Images
from crs_plugin.data.images import FileImages
from crs_plugin.image_file import upright_size

_LOOKED_AT = 32
_FAR = 0.1
"""Share of the image's side; detectors place boxes that reach out a little, which are clipped."""


def check_box_extent(images: Images, file: str, option: str) -> None:
    """Refuse boxes most of which reach far beyond their image, by a sample of the images' heads.

    Such boxes are their corners, as a rule, or in pixels of images of another size; clipped at the
    image, they would cut out something and nobody would notice.

    Args:
        images: The N images, files with boxes.
        file: The label file, for the message.
        option: Name of the option that says where the boxes are, for the message.

    Raises:
        DataError: If most of the boxes that were looked at reach beyond.
    """
    assert isinstance(images, FileImages)
    assert images.boxes is not None
    sample = np.unique(np.linspace(0, len(images) - 1, _LOOKED_AT).round().astype(np.int64))
    looked_at, beyond = 0, []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Pillow's, about odd files
        for index in sample.tolist():
            try:
                width, height = upright_size(images.name(index))
            except Exception:  # reading it will say what is wrong
                continue
            looked_at += 1
            if _reaches_beyond(images.boxes[index], width, height):
                beyond.append((index, width, height))
    if 2 * len(beyond) > looked_at:
        index, width, height = beyond[0]
        shown = ", ".join(f"{number:g}" for number in images.boxes[index])
        raise DataError(
            f"{file}: {len(beyond)} of {looked_at} boxes that were looked at reach far beyond their"
            f" image, as {shown} does in {images.name(index)} of {width}×{height}: are they"
            f" corners? {option!r} needs x, y, width and height in pixels; of corners x0, y0, x1,"
            " y1, these are x0, y0, x1 − x0 and y1 − y0"
        )


def _reaches_beyond(box: NDArray[np.float32], width: int, height: int) -> bool:
    right, bottom = float(box[0] + box[2]), float(box[1] + box[3])
    return right > (1 + _FAR) * width or bottom > (1 + _FAR) * height
