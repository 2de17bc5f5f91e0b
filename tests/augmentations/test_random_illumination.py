import math

import pytest
import torch

from crs_plugin.augmentations import RandomIllumination


@pytest.fixture
def images() -> torch.Tensor:
    torch.manual_seed(0)
    return torch.rand(4, 3, 30, 40)


def light(images: torch.Tensor, **drawn: float) -> torch.Tensor:
    """Light images as if these parameters had been drawn, and 0 for all others."""
    illuminate = RandomIllumination(p=1.0)
    params = illuminate.forward_parameters(images.shape)
    for name in ("side", "log_gamma", "shadow"):
        params[name] = torch.full((len(images),), drawn.get(name, 0.0))
    for name, value in drawn.items():
        params[name] = torch.full((len(images),), value)
    return illuminate(images, params=params)


def test_nothing_drawn_is_nothing_done(images):
    torch.testing.assert_close(light(images), images)
    torch.testing.assert_close(RandomIllumination(side=0, gamma=1, shadow=0, p=1.0)(images), images)


@pytest.mark.parametrize("gamma", [0.6, 1.6])
def test_gamma_is_a_power_but_at_black(images, gamma):
    lit = light(images, log_gamma=float(torch.tensor(gamma).log()))
    torch.testing.assert_close(lit, images**gamma, atol=0.03, rtol=0)
    ends = torch.tensor([0.0, 1.0]).view(1, 1, 1, 2)
    torch.testing.assert_close(light(ends, log_gamma=0.5), ends)


def test_light_from_the_right_falls_off_to_the_left():
    grey = torch.full((1, 1, 20, 20), 0.5)
    columns = light(grey, side=0.4, side_direction=0.0)[0, 0]
    assert torch.equal(columns, columns[:1].expand_as(columns))
    assert (columns[0].diff() > 0).all()
    torch.testing.assert_close(columns[0, [0, -1]] / 0.5, torch.tensor([0.62, 1.38]))
    rows = light(grey, side=0.4, side_direction=torch.pi / 2)[0, 0]
    torch.testing.assert_close(rows, columns.T)


def test_a_shadow_darkens_one_side_of_its_edge():
    grey = torch.full((1, 1, 40, 40), 0.8)
    drawn = {"shadow_direction": 0.0, "shadow_edge": 0.5, "shadow_softness": 0.02}
    row = light(grey, shadow=0.5, **drawn)[0, 0, 0]
    torch.testing.assert_close(row[:28], torch.full((28,), 0.8), atol=0.01, rtol=0)
    torch.testing.assert_close(row[32:], torch.full((8,), 0.4), atol=0.01, rtol=0)


@pytest.mark.parametrize(
    ("options", "side", "gamma", "shadow"),
    [({}, 0.5, 1.5, 0.5), ({"side": 0.3, "gamma": 2.0, "shadow": 0.4}, 0.3, 2.0, 0.4)],
)
def test_draws_fill_their_ranges(options, side, gamma, shadow):
    torch.manual_seed(0)
    drawn = RandomIllumination(**options).forward_parameters((5000, 3, 8, 8))
    for name, (low, high) in {
        "side": (0, side),
        "side_direction": (-math.pi, math.pi),
        "log_gamma": (-math.log(gamma), math.log(gamma)),
        "shadow": (0, shadow),
        "shadow_direction": (-math.pi, math.pi),
        "shadow_edge": (-0.5, 0.5),
        "shadow_softness": (0.02, 0.2),
    }.items():
        assert drawn[name].min() == pytest.approx(low, abs=0.01), name
        assert drawn[name].max() == pytest.approx(high, abs=0.01), name


def test_no_light_is_brighter_than_white_or_darker_than_black(images):
    lit = light(images, side=1.0, side_direction=math.pi / 4)
    assert (lit.min(), lit.max()) == (0, 1)


def test_limits_are_allowed():
    RandomIllumination(side=1.0, gamma=5.0, shadow=1.0)
    RandomIllumination(side=0.0, gamma=1.0, shadow=0.0)


@pytest.mark.parametrize(
    "option", [{"side": 1.5}, {"shadow": -0.1}, {"shadow": 1.5}, {"gamma": 0.5}, {"gamma": 5.5}]
)
def test_strengths_out_of_range_are_refused(option):
    with pytest.raises(ValueError, match=next(iter(option))):
        RandomIllumination(**option)
