from itertools import permutations

import pytest
import torch
from scipy.stats import binomtest, chisquare, kstest
from torchvision.transforms.v2 import functional as F

from crs_plugin.augmentations import FERColorJitter
from crs_plugin.augmentations.colour_steps import blended, with_hue_shifted

pytestmark = pytest.mark.usefixtures("both_ways")

STEPS = (
    ("brightness_factor", F.adjust_brightness),
    ("contrast_factor", F.adjust_contrast),
    ("saturation_factor", F.adjust_saturation),
    ("hue_factor", F.adjust_hue),
)
DRAWS = 4800
ALPHA = 1e-3  # false alarms per comparison, were the seed not fixed


@pytest.fixture
def images() -> torch.Tensor:
    torch.manual_seed(0)
    images = torch.rand(24, 3, 12, 14)
    images[0] = 0.5  # grey, black, white, pure colours, two equal channels
    images[1] = 0.0
    images[2] = 1.0
    images[3] = images[3].round()
    images[4, 1] = images[4, 0]
    return images


def one_by_one(images: torch.Tensor, drawn: dict[str, torch.Tensor]) -> torch.Tensor:
    """The same factors in the same orders by torchvision."""
    results = []
    for i, image in enumerate(images):
        if drawn["jittered"][i]:
            for step in drawn["order"][i].tolist():
                name, function = STEPS[step]
                image = function(image, float(drawn[name][i]))
        if drawn["grayscale"][i]:
            image = F.rgb_to_grayscale(image, num_output_channels=image.shape[0])
        results.append(image)
    return torch.stack(results)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize(
    "options", [{}, {"p": 1.0, "grayscale": 0.0, "hue": 0.5}, {"brightness": 0.0, "hue": 0.0}]
)
def test_equals_torchvisions_steps_for_the_same_factors_and_orders(images, options, seed):
    jitter = FERColorJitter(**options)
    torch.manual_seed(seed)
    result = jitter(images)
    expected = one_by_one(images, jitter._params)
    torch.testing.assert_close(result, expected, atol=0.1 / 255, rtol=0)


def test_each_image_has_an_order_of_its_own(images):
    jitter = FERColorJitter()
    jitter(images)
    assert len(jitter._params["order"].unique(dim=0)) > 10


def test_factors_are_uniform_and_orders_too():
    torch.manual_seed(0)
    jitter = FERColorJitter(brightness=0.4, contrast=0.3, saturation=0.2, hue=0.1)
    drawn = jitter.generate_parameters((DRAWS, 3, 1, 1))
    for (name, _), middle, spread in zip(STEPS, (1, 1, 1, 0), (0.4, 0.3, 0.2, 0.1), strict=True):
        unit = (drawn[name] - middle + spread) / (2 * spread)
        assert kstest(unit, "uniform").pvalue > ALPHA, name
    orders = [tuple(order) for order in drawn["order"].tolist()]
    counts = [orders.count(order) for order in permutations(range(4))]
    assert sum(counts) == DRAWS
    assert chisquare(counts).pvalue > ALPHA
    for name, p in (("jittered", 0.8), ("grayscale", 0.2)):
        assert binomtest(int(drawn[name].sum()), DRAWS, p).pvalue > ALPHA, name


def test_ranges_and_rates_of_the_method_where_none_are_given():
    torch.manual_seed(0)
    drawn = FERColorJitter().generate_parameters((DRAWS, 3, 1, 1))
    for (name, _), middle, spread in zip(STEPS, (1, 1, 1, 0), (0.4, 0.4, 0.4, 0.1), strict=True):
        low, high = middle - spread, middle + spread
        assert drawn[name].min() == pytest.approx(low, abs=0.005), name
        assert drawn[name].max() == pytest.approx(high, abs=0.005), name
    for name, p in (("jittered", 0.8), ("grayscale", 0.2)):
        assert binomtest(int(drawn[name].sum()), DRAWS, p).pvalue > ALPHA, name


def test_the_comparison_can_fail():
    torch.manual_seed(0)
    drawn = FERColorJitter(brightness=0.4).generate_parameters((DRAWS, 3, 1, 1))
    unit = (drawn["brightness_factor"] - 1 + 0.45) / 0.9
    assert kstest(unit, "uniform").pvalue < ALPHA


def test_brightness_cannot_fall_below_zero():
    drawn = FERColorJitter(brightness=3.0).generate_parameters((DRAWS, 3, 1, 1))
    assert 0 <= drawn["brightness_factor"].min() < 0.01
    assert 3.99 < drawn["brightness_factor"].max() <= 4


def test_grayscale_gives_the_luma_of_torchvision(images):
    grey = FERColorJitter(p=0.0, grayscale=1.0)(images)
    expected = F.rgb_to_grayscale(images, num_output_channels=3)
    torch.testing.assert_close(grey, expected)


def test_grey_images_become_what_the_same_image_in_rgb_becomes(images):
    grey = images[:, :1]
    jitter = FERColorJitter()
    one_channel = jitter(grey)
    three_channels = jitter(grey.expand(-1, 3, -1, -1), params=jitter._params)
    assert one_channel.shape == grey.shape
    assert not torch.equal(one_channel, grey)
    torch.testing.assert_close(one_channel.expand(-1, 3, -1, -1), three_channels, atol=1e-3, rtol=0)


def test_probability_zero_changes_nothing(images):
    assert torch.equal(FERColorJitter(p=0.0, grayscale=0.0)(images), images)


def test_same_on_batch(images):
    jitter = FERColorJitter(p=1.0, same_on_batch=True)
    results = jitter(images[5:6].expand(6, -1, -1, -1))
    assert not torch.equal(results[0], images[5])
    torch.testing.assert_close(results, results[:1].expand_as(results))


def test_other_numbers_of_channels_are_refused():
    with pytest.raises(ValueError, match=r"1 or 3.*\[2, 4, 5, 5\]"):
        FERColorJitter()(torch.rand(2, 4, 5, 5))


@pytest.mark.parametrize("shift", [-0.5, -0.2, 0.0, 0.1, 0.5])
def test_hue_of_every_colour(shift):
    levels = torch.linspace(0, 1, 9)
    colours = torch.cartesian_prod(levels, levels, levels).T.reshape(1, 3, 27, 27)
    turned = with_hue_shifted(colours, torch.tensor([shift]))
    torch.testing.assert_close(turned[0], F.adjust_hue(colours[0], shift), atol=1e-5, rtol=0)


def test_gradients_of_the_steps():
    torch.manual_seed(0)
    images = (torch.rand(2, 3, 3, 3, dtype=torch.float64) * 0.6 + 0.2).requires_grad_()
    weights = torch.rand(3, 2, dtype=torch.float64) * 0.3
    assert torch.autograd.gradcheck(lambda x: with_hue_shifted(x, weights[0]), images)
    assert torch.autograd.gradcheck(lambda x: blended(x, *weights), images)


def test_in_place_it_is_the_same(images):
    jitter, other = FERColorJitter(), FERColorJitter(inplace=True)
    expected = jitter(images)
    given = images.clone()
    assert torch.equal(other(given, params=jitter._params), expected)
    assert torch.equal(jitter(images, params=jitter._params), expected)
