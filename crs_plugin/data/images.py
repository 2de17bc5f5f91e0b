"""Where the pictures of a data set come from: files that Pillow reads, or an array in memory."""

import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from crs_plugin.data.cropping.alignment import aligned
from crs_plugin.data.dataset import DataError
from crs_plugin.image_file import read_image_file

if TYPE_CHECKING:
    import torch

IMAGE_SUFFIXES = frozenset(
    (".bmp", ".gif", ".jpe", ".jpeg", ".jpg", ".pgm", ".png", ".ppm", ".tif", ".tiff", ".webp")
)
"""What a file's name, in lower case, ends in if it is to be an image."""


def is_image_name(path: str) -> bool:
    """Return whether a file is to be an image, by how its name ends."""
    return os.path.splitext(path)[1].lower() in IMAGE_SUFFIXES


def pixels_of(picture: Image.Image) -> "torch.Tensor":
    """Return a picture of Pillow's mode ``L`` or ``RGB`` as uint8 ``[1|3, H, W]``."""
    import torch

    pixels = torch.from_numpy(np.array(picture))
    return pixels[None] if pixels.ndim == 2 else pixels.permute(2, 0, 1)


def picture_of(pixels: "torch.Tensor") -> Image.Image:
    """Return an image uint8 ``[1|3, H, W]`` as a picture of Pillow's mode ``L`` or ``RGB``."""
    grid = pixels[0] if len(pixels) == 1 else pixels.permute(1, 2, 0)
    return Image.fromarray(grid.numpy())


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
        landmarks: float32 ``[N, 5, 2]``, x and y of five landmarks in pixels of the upright image
            (see ``crs_plugin.data.cropping.alignment``), by which faces are aligned; or None. There
            are boxes or landmarks, not both.
        margin: Share of the box's width and height, or of the aligned crop's side, that is added on
            each side; a box is then clipped at the image. Boxes keep their shape: they are not made
            square.
    """

    root: Path
    paths: NDArray[np.bytes_]
    boxes: NDArray[np.float32] | None = None
    landmarks: NDArray[np.float32] | None = None
    margin: float = 0.0

    def __post_init__(self) -> None:
        if self.boxes is not None and self.landmarks is not None:
            raise ValueError("faces are cut out by boxes or by landmarks, not by both")
        if self.landmarks is not None and self.landmarks.shape[1:] != (5, 2):
            raise ValueError(f"landmarks must be [N, 5, 2], not {list(self.landmarks.shape)}")
        if not 0 <= self.margin < float("inf"):
            raise ValueError(f"margin must be a finite number ≥ 0, not {self.margin}")

    @classmethod
    def of(
        cls,
        root: Path,
        paths: Sequence[str],
        boxes: NDArray[np.float32] | None = None,
        landmarks: NDArray[np.float32] | None = None,
        margin: float = 0.0,
    ) -> "FileImages":
        """Make the images of some paths; arguments as the attributes, ``paths`` as text."""
        names = np.array([os.fsencode(path) for path in paths], dtype=np.bytes_)
        return cls(root, names, boxes, landmarks, margin)

    def __len__(self) -> int:
        return len(self.paths)

    def read(self, index: int) -> "torch.Tensor":
        """Return an image as uint8 ``[C, H, W]``: C = 1 for a grey file, 3 otherwise.

        ``read_image_file`` says how each kind of file is read. With a box it is what the box cuts
        out, with landmarks the aligned face.

        Raises:
            DataError: If the file is missing, damaged or too large, its box has no pixel in the
                image, or its landmarks do not show a face; the message has its path and the reason.
        """
        path = self.name(index)
        try:
            image = read_image_file(path)
            if self.boxes is not None:
                image = _cropped(image, self.boxes[index], self.margin)
            if self.landmarks is not None:
                image = aligned(image, self.landmarks[index], self.margin)
            return pixels_of(image)
        except Exception as error:  # damaged files raise whatever their decoder stumbles over
            raise DataError(f"{path}: cannot be read: {_cause(error, path)}") from error

    def name(self, index: int) -> str:
        """Return the image's whole path."""
        return os.path.join(self.root, os.fsdecode(self.paths[index]))

    def take(self, indices: NDArray[np.int64]) -> "FileImages":
        """Return only the images of these indices, in this order."""
        boxes = None if self.boxes is None else self.boxes[indices]
        landmarks = None if self.landmarks is None else self.landmarks[indices]
        return replace(self, paths=self.paths[indices], boxes=boxes, landmarks=landmarks)


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

    def read(self, index: int) -> "torch.Tensor":
        """Return an image as uint8 ``[C, H, W]``."""
        import torch

        return torch.from_numpy(self.pixels[index].copy())

    def name(self, index: int) -> str:
        """Return the file and the image's number in it, as ``file:number``."""
        return f"{self.file}:{self.places[index]}"

    def take(self, indices: NDArray[np.int64]) -> "ArrayImages":
        """Return only the images of these indices, in this order."""
        return replace(self, pixels=self.pixels[indices], places=self.places[indices])


def _cropped(image: Image.Image, box: NDArray[np.float32], margin: float) -> Image.Image:
    x, y, width, height = (float(value) for value in box)
    if not np.isfinite(box).all() or not _has_pixel(_clipped(image, x, y, width, height)):
        raise ValueError(
            f"the box x={x:g}, y={y:g}, width={width:g}, height={height:g} has no pixel in an image"
            f" of {image.width}×{image.height}"
        )
    left, top = x - margin * width, y - margin * height
    return image.crop(
        _clipped(image, left, top, (1 + 2 * margin) * width, (1 + 2 * margin) * height)
    )


def _clipped(
    image: Image.Image, x: float, y: float, width: float, height: float
) -> tuple[int, int, int, int]:
    right, bottom = min(image.width, round(x + width)), min(image.height, round(y + height))
    return max(0, round(x)), max(0, round(y)), right, bottom


def _has_pixel(edges: tuple[int, int, int, int]) -> bool:
    left, top, right, bottom = edges
    return left < right and top < bottom


def _cause(error: Exception, path: str) -> str:
    if isinstance(error, FileNotFoundError):
        return "no such file"
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    # Pillow repeats the path, which the message has already.
    text = " ".join(str(error).replace(f" {path!r}", "").split())
    return text or type(error).__name__
