import pytest
import torch
from scipy.stats import binomtest, ks_2samp
from torch import Tensor
from torchvision.transforms import RandomResizedCrop
from torchvision.transforms.v2.functional import hflip, resized_crop

from crs_plugin.augmentations import CropFlips, RandomResizedCropFlip
from crs_plugin.errors import InputError

DRAWS = 3000
ALPHA = 1e-3  # false alarms per comparison, were the seed not fixed


def torchvision_boxes(height: int, width: int, scale, ratio, draws: int) -> dict[str, Tensor]:
    image = torch.empty(3, height, width)
    boxes = [RandomResizedCrop.get_params(image, list(scale), list(ratio)) for _ in range(draws)]
    return dict(zip(("top", "left", "height", "width"), torch.tensor(boxes).T, strict=True))


def one_by_one(images: Tensor, drawn: CropFlips, size: int) -> Tensor:
    """The same boxes and flips by torchvision."""
    resized = []
    for i, image in enumerate(images):
        box = [int(x[i]) for x in (drawn.top, drawn.left, drawn.height, drawn.width)]
        view = resized_crop(image, *box, [size, size], antialias=True)
        resized.append(hflip(view) if drawn.flipped[i] else view)
    return torch.stack(resized)


@pytest.mark.parametrize("shape", [(56, 56), (48, 80)])
@pytest.mark.parametrize("scale", [(0.5, 1.0), (0.08, 1.0)])
def test_boxes_are_distributed_as_torchvisions(shape, scale):
    torch.manual_seed(0)
    ratio = (3 / 4, 4 / 3)
    ours = vars(RandomResizedCropFlip(32, scale=scale, ratio=ratio).draw(DRAWS, *shape))
    theirs = torchvision_boxes(*shape, scale, ratio, DRAWS)
    for boxes in (ours, theirs):
        boxes["area"] = boxes["height"] * boxes["width"]
        boxes["ratio"] = boxes["width"] / boxes["height"]
    for name, expected in theirs.items():
        assert ks_2samp(ours[name], expected).pvalue > ALPHA, name


def test_the_comparison_can_fail():
    torch.manual_seed(0)
    ours = RandomResizedCropFlip(32, scale=(0.55, 1.0)).draw(DRAWS, 56, 56)
    theirs = torchvision_boxes(56, 56, (0.5, 1.0), (3 / 4, 4 / 3), DRAWS)
    assert ks_2samp(ours.height * ours.width, theirs["height"] * theirs["width"]).pvalue < ALPHA


@pytest.mark.parametrize("shape", [(20, 100), (100, 20)])
def test_where_no_box_fits_the_middle_is_taken_as_by_torchvision(shape):
    scale, ratio = (0.9, 1.0), (3 / 4, 4 / 3)
    drawn = RandomResizedCropFlip(32, scale=scale, ratio=ratio).draw(4, *shape)
    theirs = torchvision_boxes(*shape, scale, ratio, 1)
    for name, expected in theirs.items():
        assert getattr(drawn, name).tolist() == expected.tolist() * 4


@pytest.mark.parametrize("flip", [0.0, 0.3, 1.0])
def test_flip_rate(flip):
    torch.manual_seed(0)
    flipped = int(RandomResizedCropFlip(32, flip=flip).draw(DRAWS, 40, 40).flipped.sum())
    assert binomtest(flipped, DRAWS, flip).pvalue > ALPHA


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize(
    ("shape", "size"),
    [((56, 56), 48), ((40, 60), 64), ((30, 20), 47), ((160, 120), 32), ((5, 4), 8)],
)
def test_pixels_equal_torchvisions_for_the_same_boxes(shape, size, channels):
    torch.manual_seed(1)
    images = torch.rand(12, channels, *shape)
    crop = RandomResizedCropFlip(size, scale=(0.2, 1.0))
    drawn = crop.draw(12, *shape)
    assert drawn.flipped.unique().tolist() == [False, True]
    torch.testing.assert_close(
        crop.apply_drawn(images, drawn), one_by_one(images, drawn, size), atol=2e-5, rtol=0
    )


def test_forward_is_decided_by_the_global_seed():
    crop, images = RandomResizedCropFlip(16), torch.rand(4, 3, 20, 20)
    torch.manual_seed(3)
    first = crop(images)
    torch.manual_seed(3)
    assert torch.equal(first, crop(images))
    assert not torch.equal(first, crop(images))


@pytest.mark.parametrize("option", [{"scale": (1.0, 0.5)}, {"ratio": (0.0, 1.0)}])
def test_reversed_or_empty_ranges_are_refused(option):
    with pytest.raises(InputError, match=next(iter(option))):
        RandomResizedCropFlip(16, **option)
