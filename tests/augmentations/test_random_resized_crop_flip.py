import pytest
import torch
from kornia.augmentation import AugmentationSequential
from scipy.stats import binomtest, ks_2samp
from torch import Tensor
from torchvision.transforms import RandomResizedCrop
from torchvision.transforms.v2.functional import hflip, resized_crop

from crs_plugin.augmentations import RandomResizedCropFlip
from crs_plugin.errors import InputError

pytestmark = pytest.mark.usefixtures("both_ways")

DRAWS = 3000
ALPHA = 1e-3  # false alarms per comparison, were the seed not fixed


def torchvision_boxes(height: int, width: int, scale, ratio, draws: int) -> dict[str, Tensor]:
    image = torch.empty(3, height, width)
    boxes = [RandomResizedCrop.get_params(image, list(scale), list(ratio)) for _ in range(draws)]
    return dict(zip(("top", "left", "height", "width"), torch.tensor(boxes).T, strict=True))


def draw(crop: RandomResizedCropFlip, images: int, height: int, width: int) -> dict[str, Tensor]:
    return crop.generate_parameters((images, 3, height, width))


def one_by_one(images: Tensor, drawn: dict[str, Tensor], size: int) -> Tensor:
    """The same boxes and flips by torchvision."""
    resized = []
    for i, image in enumerate(images):
        box = [int(drawn[name][i]) for name in ("top", "left", "height", "width")]
        view = resized_crop(image, *box, [size, size], antialias=True)
        resized.append(hflip(view) if drawn["flipped"][i] else view)
    return torch.stack(resized)


@pytest.mark.parametrize("shape", [(56, 56), (48, 80)])
@pytest.mark.parametrize("scale", [(0.5, 1.0), (0.08, 1.0)])
def test_boxes_are_distributed_as_torchvisions(shape, scale):
    torch.manual_seed(0)
    ratio = (3 / 4, 4 / 3)
    ours = draw(RandomResizedCropFlip(32, scale=scale, ratio=ratio), DRAWS, *shape)
    theirs = torchvision_boxes(*shape, scale, ratio, DRAWS)
    for boxes in (ours, theirs):
        boxes["area"] = boxes["height"] * boxes["width"]
        boxes["ratio"] = boxes["width"] / boxes["height"]
    for name, expected in theirs.items():
        assert ks_2samp(ours[name], expected).pvalue > ALPHA, name


def test_the_comparison_can_fail():
    torch.manual_seed(0)
    ours = draw(RandomResizedCropFlip(32, scale=(0.55, 1.0)), DRAWS, 56, 56)
    theirs = torchvision_boxes(56, 56, (0.5, 1.0), (3 / 4, 4 / 3), DRAWS)
    assert (
        ks_2samp(ours["height"] * ours["width"], theirs["height"] * theirs["width"]).pvalue < ALPHA
    )


@pytest.mark.parametrize("shape", [(20, 100), (100, 20)])
def test_where_no_box_fits_the_middle_is_taken_as_by_torchvision(shape):
    scale, ratio = (0.9, 1.0), (3 / 4, 4 / 3)
    drawn = draw(RandomResizedCropFlip(32, scale=scale, ratio=ratio), 4, *shape)
    theirs = torchvision_boxes(*shape, scale, ratio, 1)
    for name, expected in theirs.items():
        assert drawn[name].tolist() == expected.tolist() * 4


@pytest.mark.parametrize(
    ("share", "ratio", "height", "width"),
    [(1 / 16, 1, 1, 1), (1e-4, 1, 4, 4), (1 / 16, 1 / 16, 4, 1), (1 / 16, 16, 1, 4)],
)
def test_a_box_has_a_pixel_at_least(share, ratio, height, width):
    crop = RandomResizedCropFlip(8, scale=(share, share), ratio=(ratio, ratio))
    drawn = draw(crop, 4, 4, 4)
    assert drawn["height"].tolist() == [height] * 4
    assert drawn["width"].tolist() == [width] * 4


@pytest.mark.parametrize(("ratio", "full", "moved"), [(2, "width", "top"), (0.5, "height", "left")])
def test_a_box_may_reach_from_end_to_end_wherever_it_lies(ratio, full, moved):
    torch.manual_seed(0)
    crop = RandomResizedCropFlip(8, scale=(0.5, 0.5), ratio=(ratio, ratio))
    drawn = draw(crop, 500, 40, 40)
    assert drawn[full].unique().tolist() == [40]
    assert drawn[moved].unique().tolist() == list(range(21))


def test_where_a_box_lies_across_says_nothing_of_where_it_lies_down():
    torch.manual_seed(0)
    drawn = draw(RandomResizedCropFlip(8, scale=(0.25, 0.25)), DRAWS, 40, 40)
    places = torch.stack([drawn["top"], drawn["left"]]).double()
    assert torch.corrcoef(places)[0, 1].abs() < 3 / DRAWS**0.5


@pytest.mark.parametrize("flip", [0.0, 0.3, 1.0])
def test_flip_rate(flip):
    torch.manual_seed(0)
    flipped = int(draw(RandomResizedCropFlip(32, flip=flip), DRAWS, 40, 40)["flipped"].sum())
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
    resized = crop(images)
    drawn = crop._params
    assert drawn["flipped"].unique().tolist() == [False, True]
    torch.testing.assert_close(resized, one_by_one(images, drawn, size), atol=2e-5, rtol=0)


def test_forward_is_decided_by_the_global_seed():
    crop, images = RandomResizedCropFlip(16), torch.rand(4, 3, 20, 20)
    torch.manual_seed(3)
    first = crop(images)
    torch.manual_seed(3)
    assert torch.equal(first, crop(images))
    assert not torch.equal(first, crop(images))


@pytest.mark.parametrize(("name", "range_"), [("scale", (1.0, 0.5)), ("ratio", (0.0, 1.0))])
def test_reversed_or_empty_ranges_are_refused(name, range_):
    with pytest.raises(InputError) as raised:
        RandomResizedCropFlip(16, **{name: range_})
    assert str(raised.value) == (f"{name} is a range [least, greatest] above 0, not {list(range_)}")


def landmark_images(points: Tensor, side: int) -> Tensor:
    """An image for each of the points (x, y) of each face, [B, N, side, side]: a soft dot there."""
    grid = torch.arange(side)
    x, y = ((grid - points[..., axis, None]) for axis in (0, 1))
    return torch.exp(-(x[:, :, None, :] ** 2 + y[:, :, :, None] ** 2) / 18)


def centres(dots: Tensor) -> Tensor:
    """Where the dots are, [B, N, 2]."""
    grid = torch.arange(dots.shape[-1]).float()
    weights = dots / dots.sum(dim=(2, 3), keepdim=True)
    return torch.stack([(weights.sum(dim=2) * grid).sum(-1), (weights.sum(3) * grid).sum(-1)], -1)


def test_key_points_boxes_and_masks_follow_the_image():
    torch.manual_seed(0)
    points = torch.rand(16, 3, 2) * 20 + 30
    dots = landmark_images(points, 80)
    mask = (dots[:, :1] > 0.5).float()
    boxes = torch.cat([points[:, :1] - 4, points[:, :1] + 4], dim=-1)
    crop = RandomResizedCropFlip(60, scale=(0.7, 1.0))
    sequence = AugmentationSequential(crop, data_keys=["image", "keypoints", "bbox_xyxy", "mask"])
    image, moved, moved_boxes, moved_mask = sequence(dots, points, boxes, mask)
    inside = ((moved > 8) & (moved < 52)).all(-1)
    assert inside.sum() > 20
    torch.testing.assert_close(centres(image)[inside], moved[inside], atol=0.2, rtol=0)
    middles = (moved_boxes[..., :2] + moved_boxes[..., 2:]) / 2
    torch.testing.assert_close(middles, moved[:, :1], atol=1e-3, rtol=0)
    assert moved_mask.unique().tolist() == [0.0, 1.0]
    first = inside[:, 0]
    torch.testing.assert_close(centres(moved_mask[first])[:, 0], moved[first, 0], atol=0.5, rtol=0)


def test_a_flip_swaps_left_and_right_landmarks():
    points = torch.tensor([[[20.0, 30.0], [60.0, 30.0], [40.0, 50.0]]])
    options = {"scale": (1.0, 1.0), "ratio": (1.0, 1.0), "flip": 1.0, "mirrored": [(0, 1)]}
    flip = AugmentationSequential(
        RandomResizedCropFlip(81, **options), data_keys=["image", "keypoints"]
    )
    _, moved = flip(torch.zeros(1, 1, 81, 81), points)
    torch.testing.assert_close(moved, points, atol=1e-4, rtol=0)


def test_drawn_parameters_can_be_replayed_on_other_images():
    crop, images = RandomResizedCropFlip(16), torch.rand(4, 3, 20, 20)
    first = crop(images)
    drawn = crop._params
    crop(images)
    assert torch.equal(crop(images, params=drawn), first)
    torch.testing.assert_close(crop(1 - images, params=drawn), 1 - first)


def test_same_on_batch():
    crop = RandomResizedCropFlip(16, same_on_batch=True)
    views = crop(torch.rand(1, 3, 20, 20).expand(5, -1, -1, -1))
    assert torch.equal(views, views[:1].expand_as(views))


def test_gradient_is_that_of_a_linear_map():
    crop = RandomResizedCropFlip(5)
    images = torch.rand(2, 1, 7, 6, dtype=torch.float64, requires_grad=True)
    crop(images)
    drawn = crop._params
    assert torch.autograd.gradcheck(lambda x: crop(x, params=drawn), images)


def test_an_empty_batch_stays_empty():
    assert RandomResizedCropFlip(16)(torch.empty(0, 3, 20, 20)).shape == (0, 3, 16, 16)
