"""The contract of every augmentation that gives two views."""

import pytest
import torch
from kornia.augmentation import RandomErasing, Resize
from torch import nn

from crs_plugin.augmentations import FERTwoViews, SimCLRTwoViews
from crs_plugin.registry import registry

pytestmark = pytest.mark.usefixtures("both_ways")

SIZE = 24
QUIET = {"flip": 0.0, "jitter": 0.0, "grayscale": 0.0, "scale": (1.0, 1.0), "ratio": (1.0, 1.0)}


@pytest.fixture(params=[FERTwoViews, SimCLRTwoViews])
def kind(request) -> type[nn.Module]:
    return request.param


def uint8_images(batch: int = 5, channels: int = 3) -> torch.Tensor:
    return torch.randint(0, 256, (batch, channels, 30, 28), dtype=torch.uint8)


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("batch", [1, 5])
@pytest.mark.parametrize("dtype", [torch.uint8, torch.float32])
def test_two_normalised_views(kind, channels, batch, dtype):
    images = uint8_images(batch, channels)
    images = images if dtype == torch.uint8 else images / 255
    before = images.clone()
    views = kind(SIZE)(images)
    assert isinstance(views, tuple)
    assert len(views) == kind.views == 2
    for view in views:
        assert view.shape == (batch, 3, SIZE, SIZE)
        assert view.dtype == torch.float32
        pixels = view * torch.tensor((0.229, 0.224, 0.225)).view(3, 1, 1)
        pixels = pixels + torch.tensor((0.485, 0.456, 0.406)).view(3, 1, 1)
        assert pixels.min() > -1e-4
        assert pixels.max() < 1 + 1e-4
    assert not torch.equal(*views)
    assert torch.equal(images, before)


def test_uint8_and_float_images_give_the_same_views(kind):
    images, augment = uint8_images(), kind(SIZE)
    torch.manual_seed(0)
    of_bytes = augment(images)
    torch.manual_seed(0)
    of_floats = augment(images / 255)
    for a, b in zip(of_bytes, of_floats, strict=True):
        torch.testing.assert_close(a, b)


def test_seed_decides_and_each_call_draws_anew(kind):
    images, augment = uint8_images(), kind(SIZE)
    torch.manual_seed(0)
    first = augment(images)
    torch.manual_seed(0)
    again, other = augment(images), augment(images)
    assert all(torch.equal(a, b) for a, b in zip(first, again, strict=True))
    assert not torch.equal(first[0], other[0])


def test_layout_of_the_input_does_not_matter(kind):
    images, augment = uint8_images() / 255, kind(SIZE)
    strided = torch.empty(5, 3, 30, 56)[..., ::2].copy_(images)
    results = []
    for layout in (images, images.contiguous(memory_format=torch.channels_last), strided):
        torch.manual_seed(0)
        results.append(augment(layout)[0])
    torch.testing.assert_close(results[0], results[1])
    torch.testing.assert_close(results[0], results[2])


def test_gradient_flows_to_float_images(kind):
    images = (uint8_images() / 255).requires_grad_()
    first, second = kind(SIZE)(images)
    (first.square().sum() + second.square().sum()).backward()
    assert images.grad.isfinite().all()
    assert images.grad.abs().sum() > 0


def test_nothing_random_left_is_resize_and_normalisation(kind):
    options = QUIET | ({"blur": 0.0} if kind is SimCLRTwoViews else {})
    images = torch.rand(2, 3, SIZE, SIZE)
    augment = kind(SIZE, mean=(0.1, 0.2, 0.3), std=(0.5, 0.6, 0.7), **options)
    mean, std = (torch.tensor(x).view(3, 1, 1) for x in (augment.mean, augment.std))
    for view in augment(images):
        torch.testing.assert_close(view, (images - mean) / std)


def test_further_steps_run_before_the_normalisation(kind):
    augment = kind(SIZE, then=[RandomErasing(scale=(1.0, 1.0), ratio=(1.0, 1.0), p=1.0)])
    black = -torch.tensor(augment.mean) / torch.tensor(augment.std)
    for view in augment(uint8_images(channels=1)):
        torch.testing.assert_close(view, black.view(3, 1, 1).expand_as(view))


def test_a_step_that_changes_the_shape_is_named(kind):
    with pytest.raises(ValueError, match=r"Resize makes \[5, 3, 9, 9\]"):
        kind(SIZE, then=[Resize((9, 9))])(uint8_images())


@pytest.mark.parametrize("shape", [(3, 30, 30), (8, 3, 30), (2, 4, 30, 30)])
def test_other_shapes_are_refused(kind, shape):
    with pytest.raises(ValueError, match=r"must be \[B, 1 or 3, H, W\]") as raised:
        kind(SIZE)(torch.rand(shape))
    assert str(raised.value).endswith(f"not {list(shape)}")


def test_module_moves_and_saves_nothing(kind):
    augment = kind(SIZE)
    assert augment.size == SIZE
    assert augment.state_dict() == {}
    assert list(augment.parameters()) == []


def test_simclr_crops_further_than_the_method():
    torch.manual_seed(0)
    least = []
    for augment in (FERTwoViews(SIZE), SimCLRTwoViews(SIZE)):
        drawn = augment.crop.generate_parameters((500, 3, 40, 40))
        least.append(float((drawn["height"] * drawn["width"]).min()) / 1600)
    assert least[0] >= 0.48
    assert least[1] < 0.12


@pytest.mark.parametrize(("options", "strength"), [({}, 1.0), ({"strength": 0.5}, 0.5)])
def test_simclr_flips_and_colours_as_the_paper_says(options, strength):
    torch.manual_seed(0)
    augment = SimCLRTwoViews(SIZE, **options)
    drawn = augment.colours.generate_parameters((5000, 3, 1, 1))
    for name, middle, spread in (
        ("brightness_factor", 1, 0.8),
        ("contrast_factor", 1, 0.8),
        ("saturation_factor", 1, 0.8),
        ("hue_factor", 0, 0.2),
    ):
        found = (drawn[name] - middle).aminmax()
        assert found == pytest.approx((-spread * strength, spread * strength), abs=0.005), name
    flipped = augment.crop.generate_parameters((5000, 3, 40, 40))["flipped"]
    for values, share in ((drawn["jittered"], 0.8), (drawn["grayscale"], 0.2), (flipped, 0.5)):
        assert values.double().mean() == pytest.approx(share, abs=0.03)


def test_simclr_blurs_half_of_the_images():
    torch.manual_seed(0)
    images = torch.rand(200, 3, SIZE, SIZE)
    plain = {"mean": (0, 0, 0), "std": (1, 1, 1)} | QUIET
    first, _ = SimCLRTwoViews(SIZE, sigma=(1.0, 2.0), **plain)(images)
    blurred = (first - images).abs().amax(dim=(1, 2, 3)) > 0.05
    assert 70 < int(blurred.sum()) < 130


@pytest.mark.parametrize("name", ["fer_two_views", "simclr_two_views"])
def test_options_are_documented(name):
    component = registry.get("augmentation", name)
    args = component.docstring.partition("Args:")[2]
    assert [o for o in component.options() if f"{o}:" not in args] == []
    assert component.options()["then"].part.many
