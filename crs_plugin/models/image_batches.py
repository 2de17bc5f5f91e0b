"""Images as people have them, as batches of float tensors."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import torch
from PIL import Image, ImageOps, UnidentifiedImageError
from torch import Tensor
from torch.nn import functional as F

from crs_plugin.errors import InputError

Images: TypeAlias = (
    Tensor | np.ndarray[Any, Any] | Image.Image | str | Path | Sequence[Image.Image | str | Path]
)
"""What ``Encoder.embed`` takes; see ``image_batches``."""


def image_batches(images: Images, size: int, batch_size: int) -> Iterator[Tensor]:
    """Yield the images in order as float32 batches [≤ batch_size, 3, size, size] in [0, 1].

    Args:
        images: One of

            - a tensor or array, uint8 or float in [0, 1]: [N, C, H, W], [N, H, W, C] or [N, H, W],
              C = 1 or 3. Three dimensions are N grey images. Of four, the second is the channels
              if it is 1 or 3, else the last: where both are, the second wins;
            - a list of PIL images or of paths, or one of them (a list of one): any mode and sizes,
              turned upright as their EXIF data say.
        size: Side of the result; other sizes are resized with antialias, without keeping the
            ratio of the sides.
        batch_size: Most images in a batch.

    Raises:
        InputError: If the images are none of these, or a file cannot be read.
    """
    if batch_size < 1:
        raise InputError(f"batch_size must be at least 1, not {batch_size}")
    listed = [images] if isinstance(images, Image.Image | str | Path) else images
    for start in range(0, len(listed), batch_size):
        chunk = listed[start : start + batch_size]
        if isinstance(chunk, np.ndarray):
            chunk = _from_array(chunk)
        if isinstance(chunk, Tensor):
            yield _square_rgb(_unit_range(_channels_first(chunk)), size)
        else:
            yield torch.cat([_square_rgb(_pixels(image), size) for image in chunk])


def count_images(images: Images) -> int:
    """Return the number of images in what ``image_batches`` takes."""
    return 1 if isinstance(images, Image.Image | str | Path) else len(images)


def _from_array(images: np.ndarray[Any, Any]) -> Tensor:
    if images.dtype != np.uint8 and images.dtype.kind != "f":
        raise InputError(f"images must be uint8 or float in [0, 1], not {images.dtype}")
    return torch.from_numpy(np.array(images))  # a copy, as the array may be read-only


def _channels_first(images: Tensor) -> Tensor:
    shape = tuple(images.shape)
    if len(shape) == 3 and shape[2] == 3 and shape[0] > 1:
        raise InputError(
            f"images of shape {list(shape)} look like one colour image [H, W, 3]: add the batch"
            " dimension, images[None]"
        )
    if len(shape) == 3:
        return images[:, None]
    if len(shape) == 4 and shape[1] in (1, 3):
        return images
    if len(shape) == 4 and shape[3] in (1, 3):
        return images.permute(0, 3, 1, 2)
    raise InputError(
        "images must be [N, C, H, W] or [N, H, W, C] with C = 1 or 3, or [N, H, W],"
        f" not {list(shape)}"
    )


def _unit_range(batch: Tensor) -> Tensor:
    """Return the pixels as float32 in [0, 1]."""
    if batch.dtype == torch.uint8:
        return batch.to(torch.float32) / 255
    if not batch.is_floating_point():
        raise InputError(f"images must be uint8 or float in [0, 1], not {batch.dtype}")
    low, high = (float(x) for x in batch.aminmax()) if batch.numel() else (0.0, 0.0)
    if not (low >= 0 and high <= 1):
        raise InputError(
            f"float images must be in [0, 1]; found {low:g} to {high:g}. For 0–255 give uint8;"
            " images that are already normalised go to the encoder itself: encoder(images)"
        )
    return batch.to(torch.float32)


def _pixels(image: object) -> Tensor:
    """Return one image as float32 [1, 1 or 3, H, W] in [0, 1]."""
    if isinstance(image, str | Path):
        try:
            with Image.open(image) as opened:
                return _pixels_of_pil(opened)
        except FileNotFoundError:
            raise InputError(f"no image file {image}") from None
        except (UnidentifiedImageError, OSError, SyntaxError, ValueError) as error:
            raise InputError(f"cannot read image {image}: {error}") from error
    if isinstance(image, Image.Image):
        return _pixels_of_pil(image)
    raise InputError(
        "images must be a tensor, an array, or a list of PIL images or paths; in the list stands a "
        f"{type(image).__name__}"
    )


def _pixels_of_pil(image: Image.Image) -> Tensor:
    upright = ImageOps.exif_transpose(image)
    plain = upright if upright.mode in ("L", "RGB") else upright.convert("RGB")
    pixels = torch.from_numpy(np.array(plain))
    pixels = pixels[None] if pixels.dim() == 2 else pixels.permute(2, 0, 1)
    return pixels[None].to(torch.float32) / 255


def _square_rgb(batch: Tensor, size: int) -> Tensor:
    """Return [B, 3, size, size] of [B, 1 or 3, H, W]; grey is repeated."""
    if batch.shape[-2:] != (size, size):
        if 0 in batch.shape:
            raise InputError(f"images without pixels: {list(batch.shape)}")
        batch = F.interpolate(
            batch, (size, size), mode="bilinear", align_corners=False, antialias=True
        )
    return batch.expand(-1, 3, -1, -1)
