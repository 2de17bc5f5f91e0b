"""The views of the method are distributed as torchvision's with the same settings."""

import pytest
import torch
from scipy.stats import ks_2samp
from torch import Tensor
from torchvision.transforms import v2

from crs_plugin.augmentations import FERTwoViews
from crs_plugin.augmentations.colour_steps import luma

pytestmark = pytest.mark.usefixtures("both_ways")

SIZE, DRAWS = 24, 3000
ALPHA = 1e-3  # false alarms per comparison, were the seed not fixed
PLAIN = {"mean": (0.0, 0.0, 0.0), "std": (1.0, 1.0, 1.0)}


@pytest.fixture(scope="module")
def image() -> Tensor:
    """A picture with no symmetry, all kinds of colours and an edge."""
    x, y = torch.meshgrid(torch.linspace(0, 1, 32), torch.linspace(0, 1, 30), indexing="xy")
    image = torch.stack([0.2 + 0.6 * x, 0.8 - 0.6 * y * x, 0.3 + 0.4 * y])
    image[:, 4:9, 5:14] = torch.tensor([0.9, 0.2, 0.1]).view(3, 1, 1)
    return image


def ours(image: Tensor, **options) -> Tensor:
    torch.manual_seed(0)
    first, second = FERTwoViews(SIZE, **PLAIN, **options)(image.expand(DRAWS // 2, -1, -1, -1))
    return torch.cat([first, second])


@pytest.fixture(scope="module")
def theirs(image) -> Tensor:
    torch.manual_seed(1)
    augment = v2.Compose(
        [
            v2.RandomResizedCrop(SIZE, scale=(0.5, 1.0), antialias=True),
            v2.RandomHorizontalFlip(),
            v2.RandomApply([v2.ColorJitter(0.4, 0.4, 0.4, 0.1)], p=0.8),
            v2.RandomGrayscale(p=0.2),
        ]
    )
    return torch.stack([augment(image) for _ in range(DRAWS)])


def colourfulness(views: Tensor) -> Tensor:
    """Return [B], after Hasler and Süsstrunk, 2003."""
    red, green, blue = views.unbind(1)
    opponents = torch.stack([red - green, (red + green) / 2 - blue], dim=1)
    spread, middle = opponents.std(dim=(2, 3)), opponents.mean(dim=(2, 3))
    return spread.norm(dim=1) + 0.3 * middle.norm(dim=1)


STATISTICS = {
    "mean": lambda views: views.mean(dim=(1, 2, 3)),
    "spread": lambda views: luma(views).std(dim=(1, 2, 3)),
    "upper left corner": lambda views: luma(views)[:, 0, :3, :3].mean(dim=(1, 2)),
    "lower right corner": lambda views: luma(views)[:, 0, -3:, -3:].mean(dim=(1, 2)),
    "edge energy": lambda views: luma(views).diff(dim=-1).square().mean(dim=(1, 2, 3)),
    "colourfulness": colourfulness,
    "red over blue": lambda views: (views[:, 0] - views[:, 2]).mean(dim=(1, 2)),
    "darkest pixel": lambda views: views.amin(dim=(1, 2, 3)),
    "brightest pixel": lambda views: views.amax(dim=(1, 2, 3)),
}


@pytest.mark.parametrize("name", STATISTICS)
def test_views_are_distributed_as_torchvisions(name, image, theirs):
    statistic = STATISTICS[name]
    assert ks_2samp(statistic(ours(image)), statistic(theirs)).pvalue > ALPHA


@pytest.mark.parametrize(
    ("options", "name"),
    [
        ({"scale": (0.65, 1.0)}, "edge energy"),
        ({"flip": 0.3}, "upper left corner"),
        ({"brightness": 0.6}, "mean"),
        ({"contrast": 0.7}, "spread"),
        ({"saturation": 0.8}, "colourfulness"),
        ({"hue": 0.3}, "red over blue"),
        ({"grayscale": 0.3}, "colourfulness"),
        ({"jitter": 0.6}, "mean"),
    ],
)
def test_the_comparison_finds_other_settings(options, name, image, theirs):
    statistic = STATISTICS[name]
    assert ks_2samp(statistic(ours(image, **options)), statistic(theirs)).pvalue < ALPHA


def test_the_two_views_of_an_image_are_independent(image):
    first, second = ours(image).chunk(2)
    means = torch.stack([first.mean(dim=(1, 2, 3)), second.mean(dim=(1, 2, 3))])
    assert torch.corrcoef(means)[0, 1].abs() < 3 / (DRAWS // 2) ** 0.5


@pytest.mark.slow
def test_compiled_once_for_all_batches(image):
    images = image.expand(40, -1, -1, -1)
    plain, compiled = FERTwoViews(SIZE), FERTwoViews(SIZE)
    compiled.compile()
    compiled(images)
    with torch._dynamo.config.patch(error_on_recompile=True):
        for batch in (40, 40, 33, 21):
            torch.manual_seed(batch)
            expected = plain(images[:batch])
            torch.manual_seed(batch)
            for view, other in zip(compiled(images[:batch]), expected, strict=True):
                torch.testing.assert_close(view, other, atol=1e-4, rtol=0)


def test_without_a_compiler_the_views_are_the_same_and_a_line_says_so(
    image, monkeypatch, caplog, both_ways
):
    def fails(*args, **kwargs):
        raise RuntimeError("no C++ compiler")

    monkeypatch.setattr(torch, "compile", fails)
    plain, compiled = FERTwoViews(SIZE), FERTwoViews(SIZE)
    compiled.compile()
    images = image.expand(8, -1, -1, -1)
    torch.manual_seed(0)
    expected = plain(images)
    torch.manual_seed(0)
    assert all(torch.equal(*pair) for pair in zip(compiled(images), expected, strict=True))
    lines = [record.message for record in caplog.records]
    assert len(lines) == (1 if both_ways else 2)  # as on a GPU, one function does all
    assert all("runs uncompiled: no C++ compiler" in line for line in lines)
