"""The contract of an augmentation that gives two views of a batch."""

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from crs_plugin.testing.contract import Clause, Make, check_clauses, require
from crs_plugin.testing.made_images import SEED, layouts, made_images
from crs_plugin.testing.requirements import (
    devices,
    require_compiler,
    require_gradient,
    require_in_range,
    require_near,
)

Views = tuple[Tensor, Tensor]


def check_two_views(
    make: Callable[[], nn.Module], clauses: Sequence[Clause] | None = None
) -> dict[str, str]:
    """Check that an augmentation gives two views as pre-training takes them.

    It takes uint8 images [B, 1 or 3, H, W], or float ones in [0, 1], and gives a tuple of two float
    views [B, 3, S, S], normalised. Its attributes ``views``, ``size``, ``mean`` and ``std`` say so.

    Args:
        make: Makes the augmentation.
        clauses: What is checked; by default all ``TWO_VIEWS_CLAUSES``.

    Returns:
        Name → reason of the clauses that cannot be checked here.

    Raises:
        ContractError: If clauses are broken; the message names each, with what was found.
    """
    return check_clauses(make, TWO_VIEWS_CLAUSES if clauses is None else clauses)


def two_square_views(make: Make) -> None:
    """Grey and colour, uint8 and float, of any size: a tuple of two [B, 3, size, size]."""
    augment = make()
    require(augment.views == 2, f"its attribute views is {augment.views}, not 2")
    for channels in (1, 3):
        for height, width in ((32, 40), (33, 27)):
            images = made_images(4, channels, height, width)
            for given in (images, _bytes(images)):
                views = augment(given)
                of = f"of {given.dtype} {list(given.shape)} it makes"
                require(isinstance(views, tuple) and len(views) == 2, f"{of} no tuple of two")
                shapes = [list(view.shape) for view in views]
                require(shapes == [[4, 3, augment.size, augment.size]] * 2, f"{of} {shapes}")


def views_are_float32(make: Make) -> None:
    """Of uint8 and of float32."""
    for images in (made_images(), _bytes(made_images())):
        found = [view.dtype for view in make()(images)]
        require(found == [torch.float32] * 2, f"of {images.dtype} it makes {found}")


def views_are_normalised(make: Make) -> None:
    """By ``mean`` and ``std``; before that they lie in [0, 1]."""
    augment = make()
    for images in (made_images(32), torch.zeros(32, 3, 32, 40), torch.ones(32, 3, 32, 40)):
        for view in augment(images):
            require_in_range(_pixels(augment, view), "without normalisation it")


def bytes_are_as_floats(make: Make) -> None:
    """uint8 images give what the same images give as floats."""
    images = _bytes(made_images())
    for of_bytes, of_floats in _pairs(make, images, images / 255):
        require_near(of_bytes, of_floats, 1e-3, "the view of uint8")


def seed_decides(make: Make) -> None:
    """Two of it do the same after ``torch.manual_seed``; each view and each call is drawn anew."""
    images = made_images()
    pairs = _pairs(make, images, images)
    require(all(torch.equal(a, b) for a, b in pairs), "one seed gives two results")
    augment = make()
    first, second = augment(images)
    require(not torch.equal(first, second), "its two views are the same")
    require(not torch.equal(first, augment(images)[0]), "two calls give one result")


def gradient_flows(make: Make) -> None:
    """Float images get a finite gradient, and some of it is not 0."""
    images = made_images().requires_grad_()
    require_gradient(torch.cat(make()(images)), images)


def input_is_not_changed(make: Make) -> None:
    """The images that are given stay as they are."""
    for images in (made_images(), _bytes(made_images())):
        before = images.clone()
        make()(images)
        require(torch.equal(images, before), f"it changes the {images.dtype} images it is given")


def batch_of_one_works(make: Make) -> None:
    """A batch may have one image."""
    found = [len(view) for view in make()(_bytes(made_images(1)))]
    require(found == [1, 1], f"a batch of one gives views of {found} images")


def layout_does_not_matter(make: Make) -> None:
    """Images that are channels_last or not contiguous give the same views."""
    images = made_images()
    for name, laid_out in layouts(images):
        for found, expected in _pairs(make, laid_out, images):
            require_near(found, expected, 1e-3, f"the view of {name}")


def half_precision_works(make: Make) -> None:
    """float16 and bfloat16 images give nearly the views of float32."""
    for dtype in (torch.float16, torch.bfloat16):
        images = made_images().to(dtype)
        for found, expected in _pairs(make, images, images.float()):
            require(found.isfinite().all(), f"of {dtype} it makes values that are not finite")
            require_near(found, expected, 0.1, f"the view of {dtype}")


def compiles(make: Make) -> None:
    """``torch.compile`` gives views of the same kind."""
    require_compiler()
    augment = make()
    compiled = torch.compile(augment)
    for view in compiled(_bytes(made_images())):
        found = list(view.shape)
        require(found == [4, 3, augment.size, augment.size], f"compiled, it makes {found}")
        require_in_range(_pixels(augment, view), "compiled, without normalisation, it")


def device_is_kept(make: Make) -> None:
    """The views are where the images and the module are."""
    for device in devices():
        found = {view.device for view in make().to(device)(_bytes(made_images()).to(device))}
        require(found == {device}, f"of images on {device} it makes some on {found}")


TWO_VIEWS_CLAUSES: tuple[Clause, ...] = (
    two_square_views,
    views_are_float32,
    views_are_normalised,
    bytes_are_as_floats,
    seed_decides,
    gradient_flows,
    input_is_not_changed,
    batch_of_one_works,
    layout_does_not_matter,
    half_precision_works,
    compiles,
    device_is_kept,
)
"""All of the contract, in the order in which they are checked."""


def _bytes(images: Tensor) -> Tensor:
    return (255 * images).round().to(torch.uint8)


def _pixels(augment: Any, view: Tensor) -> Tensor:
    mean, std = (
        torch.tensor(values).view(3, 1, 1).to(view) for values in (augment.mean, augment.std)
    )
    return view * std + mean


def _pairs(make: Make, images: Tensor, others: Tensor) -> list[tuple[Tensor, Tensor]]:
    """Return each view of the images beside that of the others, after the same seed."""
    results: list[Views] = []
    for given in (images, others):
        torch.manual_seed(SEED)
        results.append(make()(given))
    return list(zip(*results, strict=True))
