import pytest
import torch
from torchvision.transforms.v2 import functional as F

from crs_plugin.augmentations import FERColorJitter

STEPS = (
    ("brightness_factor", F.adjust_brightness),
    ("contrast_factor", F.adjust_contrast),
    ("saturation_factor", F.adjust_saturation),
    ("hue_factor", F.adjust_hue),
)


@pytest.fixture
def images() -> torch.Tensor:
    torch.manual_seed(0)
    return torch.rand(6, 3, 12, 14)


@pytest.mark.parametrize("seed", range(6))
def test_equals_torchvisions_steps_for_the_same_factors_and_order(images, seed):
    jitter = FERColorJitter(p=1.0, grayscale=0.0)
    torch.manual_seed(seed)
    result = jitter(images)
    drawn = jitter.on_colour[0]._params
    for i, image in enumerate(images):
        for step in drawn["order"].tolist():
            name, function = STEPS[step]
            image = function(image, float(drawn[name][i]))
        torch.testing.assert_close(result[i], image, atol=1 / 255, rtol=0)


def test_factors_stay_in_their_ranges(images):
    jitter = FERColorJitter(brightness=0.4, contrast=0.3, saturation=0.2, hue=0.1, p=1.0)
    jitter(images.repeat(50, 1, 1, 1))
    drawn = jitter.on_colour[0]._params
    for (name, _), middle, spread in zip(STEPS, (1, 1, 1, 0), (0.4, 0.3, 0.2, 0.1), strict=True):
        reached = (drawn[name] - middle).abs().max()
        assert 0.9 * spread < reached <= spread, name


def test_grayscale_gives_the_luma_of_torchvision(images):
    grey = FERColorJitter(p=0.0, grayscale=1.0)(images)
    expected = F.rgb_to_grayscale(images, num_output_channels=3)
    torch.testing.assert_close(grey, expected, atol=1 / 255, rtol=0)


def test_grey_images_become_what_the_same_image_in_rgb_becomes(images):
    grey = images[:, :1]
    jitter = FERColorJitter(saturation=0.0, hue=0.0, p=1.0, grayscale=0.0)
    torch.manual_seed(5)
    one_channel = jitter(grey)
    torch.manual_seed(5)
    three_channels = jitter(grey.expand(-1, 3, -1, -1))
    assert one_channel.shape == grey.shape
    assert not torch.equal(one_channel, grey)
    torch.testing.assert_close(one_channel.expand(-1, 3, -1, -1), three_channels, atol=1e-3, rtol=0)


def test_probability_zero_changes_nothing(images):
    assert torch.equal(FERColorJitter(p=0.0, grayscale=0.0)(images), images)
