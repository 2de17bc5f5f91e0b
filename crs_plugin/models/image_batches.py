"""Images as people have them, as batches of float tensors."""

import operator
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import torch
from PIL import Image
from torch import Tensor
from torch.nn import functional as F

from crs_plugin.errors import InputError
from crs_plugin.image_file import grey_or_rgb, read_image_file

Pixels: TypeAlias = Tensor | np.ndarray[Any, Any]
"""An image or a batch of them as numbers."""

Picture: TypeAlias = Image.Image | str | Path
"""An image that cannot be taken for several."""

Images: TypeAlias = Pixels | Picture | Sequence[Picture | Pixels]
"""What ``Encoder.embed`` takes; see ``image_batches``."""

_TAKEN = "a tensor or an array of images, a PIL image, a path, or a list of such"


def image_batches(images: Images, size: int, batch_size: int) -> tuple[int, Iterator[Tensor]]:
    """Return N and the N images in order, as float32 batches [≤ batch_size, 3, size, size].

    Their values lie in [0, 1].

    Args:
        images: One of

            - a tensor or array, uint8 or float in [0, 1]: [N, C, H, W], [N, H, W, C] or [N, H, W],
              C = 1 or 3. Of four dimensions, the second is the channels if it is 1 or 3, else the
              last: where both are, the second wins. Of three, [H, W, 1] and [H, W, 3] are one
              image, for images of 1 or 3 pixels' width show no face; [1, H, W] is one grey image
              whichever way it is read; others are N grey images. But [3, H, W] may be one image or
              three grey ones, and both happen, so it is refused: ``images[None]`` is one image,
              ``images[:, None]`` three. So is [H, W, 2] or [H, W, 4], which may be one image with
              an alpha channel. Two dimensions are refused too: they may be one grey image,
              ``images[None]``, or N images written as rows, as tables of pixels have them;
            - a PIL image or a path, any mode and size, turned upright as its EXIF data say and
              read as ``crs_plugin.image_file`` says;
            - a list (or another sequence) of those, and of tensors or arrays of one image each:
              [C, H, W], [H, W, C] or [H, W], of any sizes. Where both the first and the last
              dimension may be the channels, the first is.

            A list or array of length 0 has no batches.
        size: Side of the result; other sizes are resized with antialias, without keeping the
            ratio of the sides.
        batch_size: Most images in a batch.

    Raises:
        TypeError: If the images are none of these, or the batch size is no integer.
        InputError: If the shape, dtype or range of the images is none of these, the batch size is
            below 1, or (while the batches are taken) a file cannot be read.
    """
    try:
        batch_size = operator.index(batch_size)
    except TypeError:
        raise TypeError(f"batch_size must be an integer, not {batch_size!r}") from None
    if batch_size < 1:
        raise InputError(f"batch_size must be at least 1, not {batch_size}")
    if isinstance(images, Tensor | np.ndarray):
        images = _channels_second(images)
        return len(images), _batches_of_pixels(images, size, batch_size)
    pictures = [images] if isinstance(images, Image.Image | str | Path) else images
    _check_list(pictures)
    return len(pictures), _batches_of_list(pictures, size, batch_size)


def _batches_of_pixels(images: Pixels, size: int, batch_size: int) -> Iterator[Tensor]:
    for start in range(0, len(images), batch_size):
        yield _square_rgb(_unit_range(_as_tensor(images[start : start + batch_size])), size)


def _as_tensor(pixels: Pixels) -> Tensor:
    if isinstance(pixels, Tensor):
        return pixels
    return torch.from_numpy(np.array(pixels))  # a copy, as the array may be read-only


def _batches_of_list(
    images: Sequence[Picture | Pixels], size: int, batch_size: int
) -> Iterator[Tensor]:
    for start in range(0, len(images), batch_size):
        chunk = images[start : start + batch_size]
        yield torch.cat([_square_rgb(_pixels(image).cpu(), size) for image in chunk])


def _check_list(images: object) -> None:
    """Refuse what is no list of images."""
    if not isinstance(images, Sequence) or isinstance(images, bytes | bytearray):
        raise TypeError(f"images must be {_TAKEN}; found {_named(images)}")
    for image in images:
        if not isinstance(image, Image.Image | str | Path | Tensor | np.ndarray):
            raise TypeError(f"images must be {_TAKEN}; in the list stands {_named(image)}")


def _named(value: object) -> str:
    if value is None:
        return "None"
    kind = type(value).__name__
    return f"{'an' if kind[0].lower() in 'aeiou' else 'a'} {kind}"


def _channels_second(images: Pixels) -> Pixels:
    """Return a view [N, 1 or 3, H, W] of the images (of none of them, the images as they are)."""
    shape = list(images.shape)
    if shape and shape[0] == 0:
        return images
    _check_dtype(images)
    if len(shape) == 2:
        raise InputError(
            f"images of shape {shape} may be one grey image or {shape[0]} images as rows of pixels."
            " One grey image? Give images[None]. Rows? Give images.reshape(-1, height, width)"
        )
    if len(shape) == 3 and shape[2] in (2, 4) and shape[0] not in (1, 3):
        raise InputError(
            f"images of shape {shape} may be one image with an alpha channel, which is not taken:"
            f" give images[..., :{shape[2] - 1}]. {shape[0]} grey images? Give images[:, None]"
        )
    if len(shape) == 3 and shape[0] == 3:
        raise InputError(
            f"images of shape {shape} may be one image or three. One image? Give images[None]."
            " 3 grey images? Give images[:, None]"
        )
    if 0 in shape:
        raise InputError(f"images without pixels: {shape}")
    if len(shape) == 3:
        one = shape[0] != 1 and shape[2] in (1, 3)
        return _channels_first(images)[None] if one else images[:, None]
    if len(shape) == 4 and shape[1] in (1, 3):
        return images
    if len(shape) == 4 and shape[3] in (1, 3):
        return _moved(images, 3, 1)
    raise InputError(
        f"images must be [N, C, H, W] or [N, H, W, C] with C = 1 or 3, or [N, H, W], not {shape}"
    )


def _channels_first(image: Pixels) -> Pixels:
    """Return a view [1 or 3, H, W] of one image."""
    shape = list(image.shape)
    if 0 in shape:
        raise InputError(f"image without pixels: {shape}")
    if len(shape) == 2:
        return image[None]
    if len(shape) == 3 and shape[0] in (1, 3):
        return image
    if len(shape) == 3 and shape[2] in (1, 3):
        return _moved(image, 2, 0)
    raise InputError(
        f"an image in a list must be [C, H, W] or [H, W, C] with C = 1 or 3, or [H, W], not {shape}"
    )


def _moved(images: Pixels, source: int, target: int) -> Pixels:
    if isinstance(images, Tensor):
        return images.movedim(source, target)
    return np.moveaxis(images, source, target)


def _check_dtype(images: Pixels) -> None:
    if isinstance(images, Tensor):
        taken = images.dtype == torch.uint8 or images.is_floating_point()
        remedy = "images.to(torch.uint8)"
    else:
        if images.dtype.kind in "OSUV":
            raise TypeError(f"images must be {_TAKEN}; found an array of dtype {images.dtype}")
        taken = images.dtype == np.uint8 or images.dtype.kind == "f"
        remedy = "images.astype(np.uint8)"
    if not taken:
        raise InputError(
            f"images must be uint8 in 0–255 or float in [0, 1], not {images.dtype}. If their values"
            f" are 0–255, give {remedy}"
        )


def _unit_range(batch: Tensor) -> Tensor:
    """Return the pixels as float32 in [0, 1]."""
    if batch.dtype == torch.uint8:
        return batch.to(torch.float32) / 255
    low, high = (float(x) for x in batch.aminmax())
    if not (low >= 0 and high <= 1):
        raise InputError(
            f"float images must be in [0, 1]; found {low:g} to {high:g}. Right would be uint8 in"
            " 0–255, or those values divided by 255; images that are already normalised go to the"
            " encoder itself: encoder(images)"
        )
    return batch.to(torch.float32)


def _pixels(image: Picture | Pixels) -> Tensor:
    """Return one image as float32 [1, 1 or 3, H, W] in [0, 1]."""
    if isinstance(image, Tensor | np.ndarray):
        _check_dtype(image)
        return _unit_range(_as_tensor(_channels_first(image)))[None]
    if isinstance(image, Image.Image):
        return _pixels_of_pil(image)
    try:
        return _unit_pixels(read_image_file(os.path.expanduser(image)))
    except FileNotFoundError:
        raise InputError(f"no image file {image}") from None
    except Exception as error:  # damaged files raise whatever their decoder stumbles over
        raise InputError(f"cannot read image {image}: {error}") from error


def _pixels_of_pil(image: Image.Image) -> Tensor:
    if 0 in image.size:
        raise InputError(f"PIL image without pixels: {image.width} × {image.height}")
    try:
        return _unit_pixels(grey_or_rgb(image))
    except ValueError as error:
        raise InputError(f"PIL image of mode {image.mode}: {error}") from error


def _unit_pixels(plain: Image.Image) -> Tensor:
    pixels = torch.from_numpy(np.array(plain))
    pixels = pixels[None] if pixels.dim() == 2 else pixels.permute(2, 0, 1)
    return pixels[None].to(torch.float32) / 255


def _square_rgb(batch: Tensor, size: int) -> Tensor:
    """Return [B, 3, size, size] of [B, 1 or 3, H, W]; grey is repeated."""
    if batch.shape[-2:] != (size, size):
        batch = F.interpolate(
            batch, (size, size), mode="bilinear", align_corners=False, antialias=True
        )
    return batch.expand(-1, 3, -1, -1)
