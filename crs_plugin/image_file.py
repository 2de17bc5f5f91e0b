"""One image file, of whatever kind people have: upright, and grey or RGB."""

import os
import stat
from io import BytesIO

import numpy as np
from PIL import ExifTags, Image, ImageOps, UnidentifiedImageError

MOST_PIXELS = 1024**3 // 4 // 3
"""Width × height of the largest image that is decoded: 89,478,485, at which Pillow itself begins to
warn of decompression bombs. Decoding it takes some 600 MiB."""

_RUNS_A_PROGRAM = "EPS"  # Pillow hands it to Ghostscript, which data sets shall not start
_SHOWN_BYTES = 16
_ON_ITS_SIDE = range(5, 9)  # EXIF orientations that exchange width and height
_EMPTY = "it is empty (0 bytes)"
_SIXTEEN_BIT = ("I", "I;16", "I;16B", "I;16L", "I;16N")


def read_image_file(path: str) -> Image.Image:
    """Return the picture in a file in Pillow's mode ``L`` or ``RGB``.

    What the file holds decides, not how its name ends. The image is turned upright by its EXIF
    orientation; of an animation or of several pages it is the first; transparency and colour
    profiles are dropped; 16-bit pixels keep their upper byte. The header is looked at before
    anything is decoded.

    Raises:
        ValueError: If there is no such picture to be had: the message says why, in words that go
            on from the file's name.
        Exception: Whatever a decoder stumbles over in a damaged file.
    """
    _check_is_filled_file(path)
    try:
        return _picture(path)
    except UnidentifiedImageError as error:
        raise ValueError(_unknown(_head(path))) from error


def read_image_bytes(data: bytes) -> Image.Image:
    """Return the picture in the bytes of an image file, as ``read_image_file`` does.

    Raises:
        ValueError: If there is no such picture to be had: the message says why, in words that go
            on from a name.
        Exception: Whatever a decoder stumbles over in damaged bytes.
    """
    if not data:
        raise ValueError(_EMPTY)
    try:
        return _picture(BytesIO(data))
    except UnidentifiedImageError as error:
        raise ValueError(_unknown(data[:_SHOWN_BYTES])) from error


def upright_size(path: str) -> tuple[int, int]:
    """Return the width and height that ``read_image_file`` gives an image, by its head alone.

    Raises:
        Exception: Whatever a decoder stumbles over in a damaged file.
    """
    _check_is_filled_file(path)
    with Image.open(path, formats=_formats()) as opened:
        turned = opened.getexif().get(ExifTags.Base.Orientation, 1) in _ON_ITS_SIDE
        return (opened.height, opened.width) if turned else (opened.width, opened.height)


def _picture(source: str | BytesIO) -> Image.Image:
    try:
        with Image.open(source, formats=_formats()) as opened:
            if opened.width * opened.height > MOST_PIXELS:
                raise ValueError(_too_large())
            return grey_or_rgb(opened)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise ValueError(_too_large()) from error


def _check_is_filled_file(path: str) -> None:
    try:
        status = os.stat(path)
    except FileNotFoundError:
        if os.path.islink(path):
            raise ValueError(f"it is a link to {os.readlink(path)}, which is not there") from None
        raise
    if stat.S_ISDIR(status.st_mode):
        raise ValueError("it is a folder, not a file")
    if not stat.S_ISREG(status.st_mode):  # a pipe would be waited for without end
        raise ValueError("it is a pipe or a device, not a file")
    if status.st_size == 0:
        raise ValueError(_EMPTY)


def _formats() -> list[str]:
    Image.init()
    return [name for name in Image.ID if name != _RUNS_A_PROGRAM]


def _too_large() -> str:
    return (
        f"it has more than the {MOST_PIXELS:,} pixels (width × height) that are decoded;"
        " shrink it or leave it out"
    )


def _unknown(head: bytes) -> str:
    return (
        "cannot identify image file: its format is unknown, or its head damaged; it begins with"
        f" {head!r}"
    )


def _head(path: str) -> bytes:
    with open(path, "rb") as file:
        return file.read(_SHOWN_BYTES)


def grey_or_rgb(image: Image.Image) -> Image.Image:
    """Return a picture of any mode upright and in Pillow's mode ``L`` or ``RGB``.

    Raises:
        ValueError: If the range of its pixels is not known, or beyond 16 bits; the message goes on
            from the picture's name.
    """
    image = ImageOps.exif_transpose(image)
    if image.mode in ("L", "RGB"):
        return image
    if image.mode in ("1", "LA"):
        return image.convert("L")
    if image.mode in _SIXTEEN_BIT:
        return _upper_byte(np.asarray(image))
    if image.mode == "F":
        raise ValueError("its pixels are floating-point numbers of unknown range; save it as 8-bit")
    if image.mode == "P":
        image = image.convert("RGBA")  # straight to RGB, Pillow would warn of transparency
    return image.convert("RGB")


def _upper_byte(values: np.ndarray) -> Image.Image:
    if values.min() < 0 or values.max() > 0xFFFF:
        raise ValueError("its pixels are whole numbers beyond 16 bits; save it as 8-bit")
    return Image.fromarray((values >> 8).astype(np.uint8))
