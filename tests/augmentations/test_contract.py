"""Every augmentation of the package keeps the contract that it ships."""

import pytest
import torch

from crs_plugin.augmentations import RandomResizedCropFlip
from crs_plugin.registry import registry
from crs_plugin.testing import (
    AUGMENTATION_CLAUSES,
    TWO_VIEWS_CLAUSES,
    check_augmentation,
    check_two_views,
)

pytestmark = pytest.mark.usefixtures("both_ways")

STEPS = {
    "fer_color_jitter",
    "random_degradation",
    "random_face_occlusion",
    "random_illumination",
    "random_small_pose",
}
TWO_VIEWS = {"fer_two_views", "simclr_two_views"}


def makes(name: str):
    component = registry.get("augmentation", name).target
    return (lambda: component(24)) if name in TWO_VIEWS else component


def check_of(name: str):
    return check_two_views if name in TWO_VIEWS else check_augmentation


def without_compiling(clauses):
    return [clause for clause in clauses if clause.__name__ != "compiles"]


def test_all_registered_augmentations_are_here():
    names = registry.names("augmentation").items()
    assert {name for name, origin in names if origin == "crs_plugin"} == STEPS | TWO_VIEWS


@pytest.mark.parametrize("name", sorted(STEPS))
def test_a_step_keeps_the_contract(name):
    not_checked = check_augmentation(makes(name), without_compiling(AUGMENTATION_CLAUSES))
    geometric = {"random_small_pose"}
    expected = {} if name in geometric else {"transformation_is_reported": "it moves no pixels"}
    assert not_checked == expected


@pytest.mark.parametrize("name", sorted(STEPS - {"fer_color_jitter"}))
def test_a_step_changes_half_of_the_images_unless_told_otherwise(name):
    component = makes(name)
    for step, share in ((component(), 0.5), (component(p=0.2), 0.2)):
        torch.manual_seed(0)
        changed = step.forward_parameters((2000, 3, 8, 8))["batch_prob"].mean()
        assert changed == pytest.approx(share, abs=0.05)


@pytest.fixture(params=[*sorted(STEPS), "random_resized_crop_flip"])
def step(request):
    """Makes a step, or the crop, with options."""
    if request.param in STEPS:
        return lambda **options: makes(request.param)(p=1.0, **options)
    return lambda **options: RandomResizedCropFlip(24, **options)


def test_all_images_are_changed_alike_if_that_is_asked_for(step):
    torch.manual_seed(0)
    images = torch.rand(1, 3, 24, 24).expand(6, -1, -1, -1)
    alike = step(same_on_batch=True)(images)
    torch.testing.assert_close(alike, alike[:1].expand_as(alike))
    assert not torch.allclose(alike, images)
    apart = step()(images)
    assert not any(torch.allclose(apart[0], other) for other in apart[1:])


@pytest.mark.parametrize("name", sorted(STEPS - {"fer_color_jitter"}))
def test_images_of_half_precision_are_computed_in_full(name):
    torch.manual_seed(0)
    images = torch.rand(8, 3, 24, 24).to(torch.bfloat16)
    change = makes(name)(p=1.0)
    found = change(images)
    exact = change(images.float(), params=change._params)
    assert found.dtype == torch.bfloat16
    torch.testing.assert_close(found.float(), exact, atol=2**-8, rtol=0)


def test_an_image_alone_stays_one_if_that_is_asked_for(step):
    image = torch.rand(3, 24, 24)
    assert step()(image).shape == (1, 3, 24, 24)
    assert step(keepdim=True)(image).shape == (3, 24, 24)


def test_the_crop_keeps_the_contract_but_for_p_as_it_changes_the_size_of_every_image():
    clauses = without_compiling(AUGMENTATION_CLAUSES)
    kept = [clause for clause in clauses if clause.__name__ != "probability_is_kept"]
    assert len(kept) == len(clauses) - 1
    assert check_augmentation(lambda: RandomResizedCropFlip(24), kept) == {}


@pytest.mark.parametrize("name", sorted(TWO_VIEWS))
def test_two_views_keep_the_contract(name):
    assert check_two_views(makes(name), without_compiling(TWO_VIEWS_CLAUSES)) == {}


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(STEPS | TWO_VIEWS))
def test_it_compiles(name):
    clauses = TWO_VIEWS_CLAUSES if name in TWO_VIEWS else AUGMENTATION_CLAUSES
    [clause] = [clause for clause in clauses if clause.__name__ == "compiles"]
    not_checked = check_of(name)(makes(name), [clause])
    if not_checked:
        pytest.skip(not_checked["compiles"])
