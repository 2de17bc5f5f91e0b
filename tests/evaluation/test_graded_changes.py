from typing import get_args

import pytest
import torch

from crs_plugin.evaluation.changed_images import changed
from crs_plugin.evaluation.graded_changes import CHANGES, ChangeName


def picture(size: int = 48) -> torch.Tensor:
    """Something with edges and shades, away from black and white."""
    x = torch.linspace(0, 6, size)
    waves = 128 + 40 * torch.sin(3 * x) + 40 * torch.sign(torch.sin(5 * x[:, None]))
    return waves.to(torch.uint8).expand(4, 1, size, size)


def damage(name: ChangeName, severity: int, images: torch.Tensor) -> float:
    after = changed(images, CHANGES[name].at(severity), 0)
    assert after.shape == images.shape
    return float((after.float() - images.float()).square().mean())


def test_every_change_that_can_be_named_is_there() -> None:
    assert set(get_args(ChangeName)) == set(CHANGES)


@pytest.mark.parametrize("name", CHANGES)
def test_each_severity_is_worse_than_the_one_before(name) -> None:
    levels = [damage(name, severity, picture()) for severity in (1, 2, 3, 4, 5)]
    assert levels[0] > 0
    assert levels == sorted(set(levels))


@pytest.mark.parametrize("name", sorted(set(CHANGES) - {"noise"}))
def test_a_severity_means_the_same_at_every_size(name) -> None:
    small, large = (damage(name, 3, picture(size)) for size in (48, 144))
    assert small == pytest.approx(large, rel=0.25)


def test_occlusion_covers_the_share_that_it_says() -> None:
    covered = changed(picture(60), CHANGES["occlusion"].at(3), 0) == 128
    assert covered.float().mean().item() == pytest.approx(0.2, abs=0.04)


def test_a_grey_picture_stored_as_rgb_stays_grey() -> None:
    for change in CHANGES.values():
        after = changed(picture().expand(-1, 3, -1, -1), change.at(5), 0)
        assert torch.equal(after[:, 0], after[:, 1])


def test_occlusion_stays_at_its_place_as_it_grows() -> None:
    mild, severe = (changed(picture(), CHANGES["occlusion"].at(s), 0) == 128 for s in (1, 5))
    middle = [torch.nonzero(mask[0, 0]).float().mean(0) for mask in (mild, severe)]
    assert (middle[0] - middle[1]).norm() < 24
