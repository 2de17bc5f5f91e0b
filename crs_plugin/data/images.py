"""Where the pictures of a data set come from: files that Pillow reads, or an array in memory."""

import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image, ImageOps

from crs_plugin.data.dataset import DataError

IMAGE_SUFFIXES = frozenset(
    (".bmp", ".gif", ".jpe", ".jpeg", ".jpg", ".pgm", ".png", ".ppm", ".tif", ".tiff", ".webp")
)
"""What a file's name, in lower case, ends in if it is to be an image."""

_SIXTEEN_BIT = ("I", "I;16", "I;16B", "I;16L", "I;16N")


@dataclass(frozen=True)
class FileImages:
    """Image files below one folder.

    The paths are one array of bytes, so that a million of them stay small, are cut by NumPy, and
    are shared by worker processes.

    Attributes:
        root: The folder.
        paths: Paths ``[N]`` relative to ``root``, as the file system's bytes.
        boxes: Faces ``[N, 4]`` as x, y, width, height in pixels of the upright image, or None to
            take whole images.
    """

    root: Path
    paths: NDArray[np.bytes_]
    boxes: NDArray[np.float32] | None = None

    @classmethod
    def of(
        cls, root: Path, paths: Sequence[str], boxes: NDArray[np.float32] | None = None
    ) -> "FileImages":
        """Make the images of some paths relative to ``root``."""
        return cls(root, np.array([os.fsencode(path) for path in paths], dtype=np.bytes_), boxes)

    def __len__(self) -> int:
        return len(self.paths)

    def read(self, index: int) -> torch.Tensor:
        """Return an image as uint8 ``[C, H, W]``: C = 1 for a grey file, 3 otherwise.

        It is turned upright by its EXIF orientation; of an animation it is the first frame;
        transparency is dropped; 16-bit grey keeps its upper byte.

        Raises:
            DataError: If the file is missing or damaged, or its box has no pixel in the image.
        """
        path = self.name(index)
        try:
            with Image.open(path) as opened:
                image = _grey_or_rgb(ImageOps.exif_transpose(opened))
                if self.boxes is not None:
                    image = _cropped(image, self.boxes[index])
                pixels = torch.from_numpy(np.array(image))
        except Exception as error:  # damaged files raise whatever their decoder stumbles over
            raise DataError(f"{path}: cannot be read: {_cause(error, path)}") from error
        return pixels[None] if pixels.ndim == 2 else pixels.permute(2, 0, 1)

    def name(self, index: int) -> str:
        """Return the image's whole path."""
        return os.path.join(self.root, os.fsdecode(self.paths[index]))

    def take(self, indices: NDArray[np.int64]) -> "FileImages":
        """Return only the images of these indices, in this order."""
        boxes = None if self.boxes is None else self.boxes[indices]
        return replace(self, paths=self.paths[indices], boxes=boxes)


@dataclass(frozen=True)
class ArrayImages:
    """Images that are in memory already, all of one size.

    Attributes:
        pixels: Images uint8 ``[N, C, H, W]`` with C = 1 (grey) or 3 (RGB).
        places: Number ``[N]`` of each in ``file``, for messages.
        file: The file they came from.
    """

    pixels: NDArray[np.uint8]
    places: NDArray[np.int64]
    file: Path

    def __post_init__(self) -> None:
        if self.pixels.ndim != 4 or self.pixels.shape[1] not in (1, 3):
            raise ValueError(f"pixels must be [N, 1|3, H, W], not {list(self.pixels.shape)}")
        if self.pixels.dtype != np.uint8:
            raise TypeError(f"pixels must be uint8, not {self.pixels.dtype}")

    def __len__(self) -> int:
        return len(self.pixels)

    def read(self, index: int) -> torch.Tensor:
        """Return an image as uint8 ``[C, H, W]``."""
        return torch.from_numpy(self.pixels[index].copy())

    def name(self, index: int) -> str:
        """Return the file and the image's number in it, as ``file:number``."""
        return f"{self.file}:{self.places[index]}"

    def take(self, indices: NDArray[np.int64]) -> "ArrayImages":
        """Return only the images of these indices, in this order."""
        return replace(self, pixels=self.pixels[indices], places=self.places[indices])


def _grey_or_rgb(image: Image.Image) -> Image.Image:
    if image.mode in ("L", "RGB"):
        return image
    if image.mode in ("1", "LA", "La"):
        return image.convert("L")
    if image.mode in _SIXTEEN_BIT:
        return Image.fromarray((np.asarray(image) >> 8).clip(0, 255).astype(np.uint8))
    if image.mode == "F":
        raise ValueError("its pixels are floating-point numbers of unknown range; save it as 8-bit")
    if image.mode == "P":
        image = image.convert("RGBA")  # straight to RGB, Pillow would warn of transparency
    return image.convert("RGB")


def _cropped(image: Image.Image, box: NDArray[np.float32]) -> Image.Image:
    x, y, width, height = (float(value) for value in box)
    left, top = max(0, round(x)), max(0, round(y))
    right, bottom = min(image.width, round(x + width)), min(image.height, round(y + height))
    if right <= left or bottom <= top:
        raise ValueError(
            f"the box x={x:g}, y={y:g}, width={width:g}, height={height:g} has no pixel in an image"
            f" of {image.width}×{image.height}"
        )
    return image.crop((left, top, right, bottom))


def _cause(error: Exception, path: str) -> str:
    if isinstance(error, FileNotFoundError):
        return "no such file"
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    # Pillow repeats the path, which the message has already.
    text = str(error).replace(f" {path!r}", "")
    return text or type(error).__name__
