"""An image as the bytes of a file: those of its own file, where it is the whole of one."""

from io import BytesIO
from pathlib import Path, PurePath
from typing import NamedTuple

from crs_plugin.data.bad_images import BadImage
from crs_plugin.data.dataset import DataError, Images, JoinedImages
from crs_plugin.data.images import FileImages, is_image_name, picture_of
from crs_plugin.data.shards.shard_images import ShardImages


class EncodedImage(NamedTuple):
    """The bytes of an image's file.

    Attributes:
        data: The bytes.
        suffix: How the file's name ends, in lower case: ``.jpg``.
    """

    data: bytes
    suffix: str


def encoded_image(images: Images, index: int) -> EncodedImage | BadImage:
    """Return an image as the bytes of a file, or why it cannot be read.

    One that a box or landmarks cut out, or that has no file, becomes a PNG.

    Args:
        images: The images.
        index: Which of them.
    """
    try:
        pixels = images.read(index)
        own = _own_file(images, index)
    except DataError as error:
        return BadImage.of(images.name(index), error)
    if own is not None:
        return own
    file = BytesIO()
    picture_of(pixels).save(file, "PNG")
    return EncodedImage(file.getvalue(), ".png")


def _own_file(images: Images, index: int) -> EncodedImage | None:
    """Return the bytes of an image that is the whole of a file."""
    if isinstance(images, JoinedImages):
        return _own_file(images.parts[int(images.part[index])], int(images.index[index]))
    name = images.name(index)
    suffix = PurePath(name).suffix.lower()
    if isinstance(images, ShardImages):
        return EncodedImage(images.encoded(index), suffix)
    whole = isinstance(images, FileImages) and images.boxes is None and images.landmarks is None
    return EncodedImage(Path(name).read_bytes(), suffix) if whole and is_image_name(name) else None
