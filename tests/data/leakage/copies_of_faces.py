"""Faces, what copies of them go through, and parts made of them."""

import io
from collections.abc import Callable

import numpy as np
import torch
from PIL import Image

from crs_plugin.data.dataset import FaceDataset
from crs_plugin.data.decoded_images import DecodedImages
from crs_plugin.data.decoding import decode
from crs_plugin.data.images import ArrayImages
from crs_plugin.data.leakage.part import Part

SIZE = 48


def nobody(*_: object) -> None:
    """Hear of progress."""


def jpeg(image: Image.Image, quality: int) -> Image.Image:
    file = io.BytesIO()
    image.save(file, "JPEG", quality=quality)
    return Image.open(file)


def cropped(image: Image.Image, left: float, top: float, right: float, bottom: float):
    side = image.width
    box = (left * side, top * side, (1 - right) * side, (1 - bottom) * side)
    return image.resize((side, side), Image.Resampling.BILINEAR, box=box)


VERSIONS: dict[str, Callable[[Image.Image], Image.Image]] = {
    "brighter": lambda image: image.point(lambda value: min(255, round(0.8 * value + 40))),
    "less contrast": lambda image: image.point(lambda value: round(0.5 * value + 50)),
    "JPEG 30": lambda image: jpeg(image, 30),
    "half the size": lambda image: image.resize((24, 24), Image.Resampling.BILINEAR).resize(
        (SIZE, SIZE), Image.Resampling.BILINEAR
    ),
    "mirrored": lambda image: image.transpose(Image.Transpose.FLIP_LEFT_RIGHT),
    "cropped on all sides": lambda image: cropped(image, 0.04, 0.04, 0.04, 0.04),
    "cropped on one side": lambda image: cropped(image, 0.05, 0, 0, 0),
    "cropped at a corner": lambda image: cropped(image, 0, 0, 0.04, 0.04),
    "grey": lambda image: image.convert("L").convert("RGB"),
}
"""What a copy may have gone through."""


def versions(faces: torch.Tensor, name: str) -> torch.Tensor:
    """Return a copy of each face, uint8 ``[N, 3, 48, 48]``."""
    changed = (VERSIONS[name](Image.fromarray(f.permute(1, 2, 0).numpy())) for f in faces)
    pixels = np.stack([np.array(image.convert("RGB")) for image in changed])
    return torch.from_numpy(pixels).permute(0, 3, 1, 2).contiguous()


def dataset_of(pixels: torch.Tensor, file, subject=None, split=None, name="faces") -> FaceDataset:
    n = len(pixels)
    return FaceDataset(
        name,
        ArrayImages(pixels.numpy(), np.arange(n), file),
        np.zeros(n, np.int16),
        np.zeros(n, np.int8) if split is None else np.asarray(split, np.int8),
        np.full(n, -1, np.int32) if subject is None else np.asarray(subject, np.int32),
    )


def part_of(name: str, dataset: FaceDataset, rows=None, size: int = SIZE) -> Part:
    rows = np.arange(len(dataset)) if rows is None else np.asarray(rows)
    return Part(name, dataset, rows, DecodedImages(decode(dataset.take(rows), size), ""))
