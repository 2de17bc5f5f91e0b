"""The contract of an augmentation in Kornia's shape, one that is used alone or under ``then``."""

from collections.abc import Callable, Sequence
from typing import Any

import torch
from kornia.augmentation import AugmentationSequential, GeometricAugmentationBase2D
from torch import Tensor, nn

from crs_plugin.testing.contract import Clause, Make, NotCheckedError, check_clauses, require
from crs_plugin.testing.made_images import SEED, layouts, made_images
from crs_plugin.testing.requirements import (
    devices,
    require_compiler,
    require_gradient,
    require_in_range,
    require_near,
)


def check_augmentation(
    make: Callable[[], nn.Module], clauses: Sequence[Clause] | None = None
) -> dict[str, str]:
    """Check that an augmentation of single images keeps the contract of this package and Kornia's.

    It takes and gives float images [B, 1 or 3, H, W] in [0, 1] on any device. What it draws stands
    in ``_params`` and can be replayed; it has ``p``, ``same_on_batch`` and ``keepdim``.

    Example, in a test of your own::

        def test_my_augmentation_keeps_the_contract():
            check_augmentation(lambda: MyAugmentation(strength=0.3))

    Args:
        make: Makes the augmentation with options that do change images.
        clauses: What is checked; by default all ``AUGMENTATION_CLAUSES``.

    Returns:
        Name → reason of the clauses that cannot be checked here or do not apply, such as that of
        ``torch.compile`` where there is no compiler.

    Raises:
        ContractError: If clauses are broken; the message names each, with what was found.
    """
    return check_clauses(make, AUGMENTATION_CLAUSES if clauses is None else clauses)


def shape_is_kept(make: Make) -> None:
    """Batch and channels are those of the input; so are height and width, or they are fixed."""
    sizes = set()
    augmentation = _always(make)
    for channels in (1, 3):
        for height, width in ((32, 40), (33, 27)):
            found = augmentation(made_images(4, channels, height, width)).shape
            wanted = f"of [4, {channels}, {height}, {width}] it makes {list(found)}"
            require(len(found) == 4 and tuple(found[:2]) == (4, channels), wanted)
            sizes.add("as the input" if found[2:] == (height, width) else str(list(found[2:])))
    require(len(sizes) == 1, f"height and width are, by input, {' or '.join(sorted(sizes))}")


def dtype_is_kept(make: Make) -> None:
    """Single and double precision come back as they went in."""
    for dtype in (torch.float32, torch.float64):
        found = _always(make)(made_images().to(dtype)).dtype
        require(found == dtype, f"of {dtype} it makes {found}")


def range_is_kept(make: Make) -> None:
    """Images in [0, 1] stay there and finite, black and white ones too."""
    augmentation = _always(make)
    for name, images in (
        ("of blotches it", made_images(32)),
        ("of black it", torch.zeros(32, 3, 32, 40)),
        ("of white it", torch.ones(32, 3, 32, 40)),
    ):
        require_in_range(augmentation(images), name)


def seed_decides(make: Make) -> None:
    """Two of it do the same after ``torch.manual_seed``, and draw anew at each call."""
    images = made_images()
    augmentation = _always(make)
    first = _seeded(augmentation, images)
    require(torch.equal(first, _seeded(_always(make), images)), "one seed gives two results")
    others = [augmentation(images) for _ in range(8)]
    require(not all(torch.equal(first, o) for o in others), "nine calls give one result")


def parameters_are_drawn_apart(make: Make) -> None:
    """``forward_parameters`` draws what a call draws, without seeing the images."""
    images = made_images()
    augmentation = _always(make)
    _seeded(augmentation, images)
    of_call = dict(augmentation._params)
    torch.manual_seed(SEED)
    alone = _always(make).forward_parameters(images.shape)
    require(set(of_call) == set(alone), f"a call draws {set(of_call)}, alone {set(alone)}")
    differing = [name for name in alone if not torch.equal(of_call[name], alone[name])]
    require(not differing, f"{', '.join(differing)} differ between a call and a draw without it")


def parameters_are_replayed(make: Make) -> None:
    """``params=`` does the same again, to the bit and without drawing, in another one as well."""
    images = made_images()
    augmentation = _always(make)
    first = augmentation(images)
    before = {name: value.clone() for name, value in augmentation._params.items()}
    torch.manual_seed(SEED + 1)
    state = torch.get_rng_state()
    for again in (augmentation, _always(make)):
        replayed = again(images, params=augmentation._params)
        require(torch.equal(replayed, first), "replayed, it gives another result")
    require(torch.equal(state, torch.get_rng_state()), "replayed, it draws from torch's global RNG")
    changed = [n for n, value in augmentation._params.items() if not torch.equal(value, before[n])]
    require(not changed, f"replayed, it changes the parameters {', '.join(changed)}")


def probability_is_kept(make: Make) -> None:
    """``p=0`` changes no image, ``p=.5`` some, and those that it leaves out not at all."""
    images = made_images(64)
    augmentation = _with(make, p=0.0)
    require(torch.equal(augmentation(images), images), "with p=0 images change")
    augmentation = _with(make, p=0.5)
    result = _seeded(augmentation, images)
    chosen = augmentation._params["batch_prob"] > 0.5
    require(0 < chosen.sum() < 64, f"with p=.5 it is applied to {int(chosen.sum())} of 64 images")
    require(torch.equal(result[~chosen], images[~chosen]), "with p=.5 images left out change")
    require(not torch.equal(result[chosen], images[chosen]), "with p=.5 no image changes")


def same_on_batch_is_kept(make: Make) -> None:
    """With ``same_on_batch`` equal images stay equal, without it they do not."""
    images = made_images(1).expand(8, -1, -1, -1)
    same = _with(make, p=1.0, same_on_batch=True)(images)
    require(torch.equal(same, same[:1].expand_as(same)), "same_on_batch=True changes them unlike")
    own = [_with(make, p=1.0, same_on_batch=False)(images) for _ in range(4)]
    alike = all(torch.equal(result, result[:1].expand_as(result)) for result in own)
    require(not alike, "same_on_batch=False changes all images of a batch alike")


def keepdim_is_kept(make: Make) -> None:
    """A single image [C, H, W] gives a batch of one, and with ``keepdim`` a single image."""
    image = made_images(1)[0]
    batch = _with(make, p=1.0, keepdim=False)(image)
    single = _with(make, p=1.0, keepdim=True)(image)
    found = f"{list(image.shape)} gives {list(batch.shape)}, with keepdim {list(single.shape)}"
    require(batch.dim() == 4 and len(batch) == 1 and single.shape == batch.shape[1:], found)


def gradient_flows(make: Make) -> None:
    """Images get a finite gradient, black and white ones too, and some of it is not 0."""
    augmentation = _always(make)
    corner_cases = torch.zeros(1, 3, 32, 40), torch.ones(1, 3, 32, 40)
    images = torch.cat([made_images(4), *corner_cases]).requires_grad_()
    require_gradient(augmentation(images), images)


def input_is_not_changed(make: Make) -> None:
    """The images that are given stay as they are."""
    images = made_images()
    before = images.clone()
    _always(make)(images)
    require(torch.equal(images, before), "it changes the images that it is given")


def batch_of_one_works(make: Make) -> None:
    """A batch may have one image."""
    found = _always(make)(made_images(1))
    require(found.dim() == 4 and len(found) == 1, f"a batch of one gives {list(found.shape)}")
    require_in_range(found, "of a batch of one it")


def layout_does_not_matter(make: Make) -> None:
    """Images that are channels_last or not contiguous give the same result."""
    images = made_images()
    expected = _seeded(_always(make), images)
    for name, laid_out in layouts(images):
        require_near(_seeded(_always(make), laid_out), expected, 1e-3, f"the result of {name}")


def half_precision_works(make: Make) -> None:
    """float16 and bfloat16 come back as they went in, with nearly the result of float32."""
    for dtype in (torch.float16, torch.bfloat16):
        images = made_images().to(dtype)
        found = _seeded(_always(make), images)
        require(found.dtype == dtype, f"of {dtype} it makes {found.dtype}")
        require_in_range(found, f"of {dtype} it")
        require_near(found, _seeded(_always(make), images.float()), 0.02, f"the result of {dtype}")


def compiles(make: Make) -> None:
    """``torch.compile`` gives the same result for the same parameters."""
    require_compiler()
    images, augmentation = made_images(), _always(make)
    expected = augmentation(images)
    compiled: Any = torch.compile(augmentation)
    require_near(
        compiled(images, params=augmentation._params), expected, 1e-3, "the compiled result"
    )


def device_is_kept(make: Make) -> None:
    """The result is where the images are, without moving the module."""
    for device in devices():
        found = _always(make)(made_images().to(device)).device
        require(found == device, f"of images on {device} it makes some on {found}")


def composes(make: Make) -> None:
    """It is a step of ``AugmentationSequential``, with masks and key points beside the images."""
    images = made_images()
    keys = ["input", "mask", "keypoints"]
    sequence = AugmentationSequential(_always(make), data_keys=keys)
    points = torch.tensor([[8.0, 9.0], [20.0, 15.0]]).expand(4, -1, -1)
    result, mask, moved = sequence(images, images[:, :1].round(), points)
    require(result.shape[:2] == images.shape[:2], f"it makes {list(result.shape)}")
    require(mask.shape[2:] == result.shape[2:], f"masks become {list(mask.shape)}")
    require(moved.shape == points.shape, f"key points become {list(moved.shape)}")


def transformation_is_reported(make: Make) -> None:
    """What lies at a place goes where ``transform_matrix`` says; for geometric ones."""
    augmentation = _always(make)
    if not isinstance(augmentation, GeometricAugmentationBase2D):
        raise NotCheckedError("it moves no pixels")
    side, batch = 64, 16
    place = torch.tensor([28.0, 36.0])
    x, y = torch.arange(side) - place[0], torch.arange(side)[:, None] - place[1]
    spot = torch.exp(-(x.square() + y.square()) / 18).expand(batch, 1, -1, -1)
    result = _seeded(augmentation, spot)
    matrices: Any = augmentation.transform_matrix
    moved = matrices.float() @ torch.tensor([*place, 1.0])
    expected = moved[:, :2] / moved[:, 2:]
    height, width = result.shape[-2:]
    inside = ((expected > 0.25 * width) & (expected < 0.75 * width)).all(dim=1)
    require(inside.any(), "it moves the middle of the image out of it")
    weight = result / result.sum(dim=(2, 3), keepdim=True)
    found_x = (weight * torch.arange(width)).sum(dim=(1, 2, 3))
    found_y = (weight * torch.arange(height)[:, None]).sum(dim=(1, 2, 3))
    off = (torch.stack([found_x, found_y], dim=1) - expected)[inside].abs().max().item()
    require(off < 1, f"a spot lies up to {off:.1f} pixels off the place that the matrix gives")


AUGMENTATION_CLAUSES: tuple[Clause, ...] = (
    shape_is_kept,
    dtype_is_kept,
    range_is_kept,
    seed_decides,
    parameters_are_drawn_apart,
    parameters_are_replayed,
    probability_is_kept,
    same_on_batch_is_kept,
    keepdim_is_kept,
    gradient_flows,
    input_is_not_changed,
    batch_of_one_works,
    layout_does_not_matter,
    half_precision_works,
    compiles,
    device_is_kept,
    composes,
    transformation_is_reported,
)
"""All of the contract, in the order in which they are checked."""


def _with(make: Make, **switches: Any) -> Any:
    augmentation = make()
    for name, value in switches.items():
        require(hasattr(augmentation, name), f"it has no attribute {name}")
        setattr(augmentation, name, value)
    return augmentation


def _always(make: Make) -> Any:
    return _with(make, p=1.0)


def _seeded(augmentation: Any, images: Tensor) -> Tensor:
    torch.manual_seed(SEED)
    result: Tensor = augmentation(images)
    return result
