import pytest
import torch
from torch.nn import functional as F

from crs_plugin.augmentations import RandomDegradation


def degraded(images: torch.Tensor, **drawn: float) -> torch.Tensor:
    """Degrade images as if these had been drawn; others are those that change nothing."""
    degrade = RandomDegradation(p=1.0)
    params = degrade.forward_parameters(images.shape)
    for name, value in ({"resolution": 1.0, "noise": 0.0, "quality": 100.0} | drawn).items():
        params[name] = torch.full((len(images),), value)
    return degrade(images, params=params)


def test_at_the_best_quality_little_is_left_to_do():
    images = torch.rand(4, 3, 32, 40)
    torch.testing.assert_close(degraded(images), images, atol=0.02, rtol=0)


@pytest.mark.parametrize(("share", "size"), [(0.5, (24, 20)), (0.25, (12, 10)), (0.8, (38, 32))])
def test_fewer_pixels_are_those_of_torch(share, size):
    images = F.interpolate(torch.rand(4, 3, 24, 20), (48, 40), mode="bilinear")
    options = {"mode": "bilinear", "align_corners": False}
    expected = F.interpolate(
        F.interpolate(images, size, antialias=True, **options), (48, 40), **options
    )
    torch.testing.assert_close(degraded(images, resolution=share), expected, atol=0.03, rtol=0)
    assert (degraded(images, resolution=share) - expected).abs().mean() < 0.005


@pytest.mark.parametrize("brightness", [0.1, 0.5, 0.9])
def test_noise_grows_with_brightness_and_is_the_same_for_all_channels(brightness):
    torch.manual_seed(0)
    images = torch.full((8, 3, 64, 64), brightness)
    noise = degraded(images, noise=0.04) - images
    expected = 0.04 * (0.25 + 0.75 * brightness) ** 0.5
    assert noise.std() == pytest.approx(expected, rel=0.05)
    assert abs(noise.mean()) < 0.002
    torch.testing.assert_close(noise[:, 0], noise[:, 1], atol=0.02, rtol=0)


def test_low_quality_leaves_flat_blocks():
    torch.manual_seed(0)
    images = 0.5 + 0.1 * torch.rand(2, 1, 32, 32)
    blocks = degraded(images, quality=1.0).unflatten(3, (4, 8)).unflatten(2, (4, 8))
    assert blocks.std(dim=(3, 5)).max() < 1e-3


def test_one_pixel_is_left_at_least():
    torch.manual_seed(0)
    images = torch.rand(2, 1, 16, 16)
    flat = images.mean(dim=(2, 3), keepdim=True).expand_as(images)
    torch.testing.assert_close(degraded(images, resolution=0.01), flat, atol=0.05, rtol=0)
    assert degraded(images, resolution=0.01).std(dim=(2, 3)).max() < 0.01


@pytest.mark.parametrize("channels", [1, 3])
def test_nothing_leaves_the_range_of_an_image(channels):
    torch.manual_seed(0)
    images = torch.rand(4, channels, 32, 32).round()
    found = degraded(images, noise=1.0, quality=5.0)
    assert (found.min(), found.max()) == (0, 1)


def test_limits_are_allowed():
    RandomDegradation(resolution=1e-3, noise=1.0, quality=1.0)


@pytest.mark.parametrize(
    ("options", "resolution", "noise", "quality"),
    [
        ({}, 0.6, 0.04, 40),
        ({"resolution": 0.3, "noise": 0.1, "quality": 20}, 0.3, 0.1, 20),
    ],
)
def test_each_image_is_degraded_in_its_own_way(options, resolution, noise, quality):
    torch.manual_seed(0)
    drawn = RandomDegradation(**options).forward_parameters((4000, 3, 2, 2))
    for name, (low, high) in {
        "resolution": (resolution, 1),
        "noise": (0, noise),
        "quality": (quality, 100),
    }.items():
        assert drawn[name].min() == pytest.approx(low, abs=0.01 * high), name
        assert drawn[name].max() == pytest.approx(high, abs=0.01 * high), name
    assert not torch.equal(drawn["field"][0], drawn["field"][1])


@pytest.mark.parametrize(
    "option",
    [{"resolution": 0.0}, {"resolution": 1.5}, {"noise": -1.0}, {"noise": 1.5}, {"quality": 0}],
)
def test_options_out_of_range_are_refused(option):
    with pytest.raises(ValueError, match=next(iter(option))):
        RandomDegradation(**option)
