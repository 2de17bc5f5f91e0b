import pytest
import torch

from crs_plugin.augmentations import RandomFaceOcclusion
from crs_plugin.augmentations.occluders import OCCLUDERS
from crs_plugin.augmentations.random_face_occlusion import USUAL_LANDMARKS

SIDE, MANY = 48, 300
WHITE = torch.ones(MANY, 1, SIDE, SIDE) * 1.0
PLACES = {
    "left eye": USUAL_LANDMARKS[0],
    "right eye": USUAL_LANDMARKS[1],
    "nose": USUAL_LANDMARKS[2],
    "mouth": (0.5, 0.78),
    "forehead": (0.5, 0.15),
}
COVERED = {
    "eyes": {"left eye": 1, "right eye": 1, "nose": 0, "mouth": 0, "forehead": 0},
    "mouth": {"left eye": 0, "right eye": 0, "mouth": 1, "forehead": 0},
    "mask": {"left eye": 0, "right eye": 0, "nose": 1, "mouth": 1, "forehead": 0},
    "side": {"left eye": 0.5, "right eye": 0.5},
    "hand": {"forehead": 0},
}


def covered(images: torch.Tensor, place: tuple[float, float]) -> torch.Tensor:
    """Whether an occluder lies at a place, bool [N]; images were all white."""
    x, y = (round(share * SIDE - 0.5) for share in place)
    return images[:, 0, y, x] < 0.999


@pytest.mark.parametrize("kind", OCCLUDERS)
def test_it_covers_the_part_that_it_is_named_after_and_no_other(kind):
    torch.manual_seed(0)
    images = RandomFaceOcclusion(kinds=[kind], p=1.0)(WHITE)
    for name, share in COVERED[kind].items():
        found = covered(images, PLACES[name]).float().mean()
        assert abs(found - share) < 0.1, name


def test_a_side_is_one_side():
    torch.manual_seed(0)
    images = RandomFaceOcclusion(kinds=["side"], p=1.0)(WHITE)
    left, right = (covered(images, PLACES[f"{side} eye"]) for side in ("left", "right"))
    assert (left ^ right).float().mean() > 0.95


def test_much_of_the_face_is_left_whatever_covers_it():
    torch.manual_seed(0)
    for kind in OCCLUDERS:
        share = (RandomFaceOcclusion(kinds=[kind], p=1.0)(WHITE) < 0.999).float().mean()
        assert 0.05 < share < 0.5, kind


def test_a_hand_has_gaps_between_its_fingers():
    torch.manual_seed(1)
    occlude = RandomFaceOcclusion(kinds=["hand"], p=1.0)
    skin = occlude(torch.ones(20, 1, 128, 128)) < 0.999
    edges = (skin[..., 1:] != skin[..., :-1]).sum(dim=(1, 3))  # changes along each row
    assert (edges.amax(dim=1) >= 6).float().mean() > 0.8


def test_kinds_are_equally_likely_and_only_those_named():
    torch.manual_seed(0)
    occlude = RandomFaceOcclusion(kinds=["eyes", "mask", "hand"])
    counts = torch.bincount(occlude.forward_parameters((3000, 3, 8, 8))["kind"])
    assert len(counts) == 3
    assert (counts - 1000).abs().max() < 120


def test_an_occluder_has_its_colour_in_the_middle_and_is_darker_at_its_edge():
    torch.manual_seed(0)
    occlude = RandomFaceOcclusion(kinds=["mouth"], p=1.0)
    occluded = occlude(torch.zeros(8, 3, 96, 96))
    colour = occlude._params["colour"]
    torch.testing.assert_close(occluded.amax(dim=(2, 3)), colour, atol=0.01, rtol=0)
    white = occlude(torch.ones(8, 3, 96, 96), params=occlude._params)
    assert (white.amin(dim=(2, 3)) < 0.75 * colour).all()


def test_the_end_of_the_range_is_the_last_kind():
    occlude = RandomFaceOcclusion(kinds=["eyes", "mask"])
    end = torch.distributions.Uniform(torch.tensor(2.0), torch.tensor(2.0 + 1e-6))
    occlude._param_generator.sampler_dict["kind"] = end
    assert occlude.forward_parameters((4, 3, 8, 8))["kind"].tolist() == [1] * 4


@pytest.mark.parametrize(("kind", "one_hue"), [("eyes", True), ("mouth", False), ("hand", True)])
def test_colours_lie_between_the_darkest_and_the_lightest(kind, one_hue):
    torch.manual_seed(0)
    occlude = RandomFaceOcclusion(kinds=[kind])
    colour = occlude.forward_parameters((3000, 3, 8, 8))["colour"]
    dark, light = torch.tensor(OCCLUDERS[kind].dark), torch.tensor(OCCLUDERS[kind].light)
    assert OCCLUDERS[kind].one_hue == one_hue
    share = (colour - dark) / (light - dark)
    torch.testing.assert_close(share.amin(dim=0), torch.zeros(3), atol=0.01, rtol=0)
    torch.testing.assert_close(share.amax(dim=0), torch.ones(3), atol=0.01, rtol=0)
    together = torch.corrcoef(share.T)[0, 1:]
    assert (together > 0.99).all() if one_hue else (together.abs() < 0.1).all()


def test_the_usual_landmarks_are_shares_of_the_image():
    drawn = RandomFaceOcclusion().forward_parameters((2, 3, 40, 60))
    expected = torch.tensor(USUAL_LANDMARKS) * torch.tensor([60, 40]) - 0.5  # 0 is a middle
    torch.testing.assert_close(drawn["landmarks"], expected.expand(2, -1, -1))


def test_it_goes_where_the_landmarks_are():
    occlude = RandomFaceOcclusion(kinds=["mouth"], p=1.0)
    images = torch.ones(8, 3, 64, 64)
    usual = torch.tensor(USUAL_LANDMARKS).expand(8, -1, -1) * 32 + 8
    there = occlude(images, landmarks=usual)
    moved = occlude(images, params=occlude._params, landmarks=usual + torch.tensor([9.0, 4.0]))
    assert (there < 1).any(dim=1).flatten(1).any(dim=1).all()
    torch.testing.assert_close(moved[:, :, 4:, 9:], there[:, :, :-4, :-9])


def test_it_turns_and_grows_with_the_face():
    occlude = RandomFaceOcclusion(kinds=["mask"], p=1.0)
    images = torch.ones(6, 1, 81, 81)
    middle = 40.0
    upright = (torch.tensor(USUAL_LANDMARKS) - 0.5).expand(6, -1, -1) * 40
    once = occlude(images, landmarks=upright + middle) < 1
    lying = torch.stack([-upright[..., 1], upright[..., 0]], dim=-1)
    turned = occlude(images, params=occlude._params, landmarks=lying + middle) < 1
    assert torch.equal(turned, once.rot90(-1, dims=(2, 3)))
    larger = occlude(images, params=occlude._params, landmarks=1.5 * upright + middle) < 1
    assert abs(larger.sum() / once.sum() - 1.5**2) < 0.15


def test_landmarks_are_replayed():
    occlude, images = RandomFaceOcclusion(p=1.0), torch.rand(4, 3, 40, 40)
    landmarks = torch.tensor(USUAL_LANDMARKS).expand(4, -1, -1) * 30
    first = occlude(images, landmarks=landmarks)
    assert torch.equal(occlude(images, params=occlude._params), first)
    assert not torch.equal(RandomFaceOcclusion(p=1.0)(images), first)


def test_no_draw_makes_an_occluder_of_no_width():
    occlude = RandomFaceOcclusion(kinds=["side"], p=1.0)
    zero = torch.distributions.Uniform(torch.tensor(0.0), torch.tensor(1e-45))
    occlude._param_generator.sampler_dict["side"] = zero
    assert occlude(torch.rand(4, 3, 20, 20)).isfinite().all()


@pytest.mark.parametrize("points", [0.0, 20.0])
def test_points_that_are_no_face_break_nothing(points):
    landmarks = torch.full((4, 5, 2), points)
    found = RandomFaceOcclusion(p=1.0)(torch.rand(4, 3, 40, 40), landmarks=landmarks)
    assert found.isfinite().all()


def test_in_a_profile_glasses_keep_a_width():
    profile = torch.tensor([[20.0, 16], [20.5, 16], [26, 22], [21, 32], [21.5, 32]])
    images = torch.ones(8, 1, 40, 40)
    dark = RandomFaceOcclusion(kinds=["eyes"], p=1.0)(images, landmarks=profile.expand(8, -1, -1))
    assert (dark[:, 0, 12:20] < 0.9).any(dim=1).sum(dim=1).min() > 10


def test_grey_images_get_the_grey_of_the_colour():
    occlude, images = RandomFaceOcclusion(p=1.0), torch.rand(6, 1, 32, 32)
    coloured = occlude(images.expand(-1, 3, -1, -1))
    grey = occlude(images, params=occlude._params)
    luma = (coloured * torch.tensor([0.299, 0.587, 0.114]).view(3, 1, 1)).sum(dim=1, keepdim=True)
    torch.testing.assert_close(grey, luma)


@pytest.mark.parametrize("shape", [(3, 5, 2), (4, 4, 2), (4, 10), (5, 2)])
def test_landmarks_of_another_shape_are_refused(shape):
    with pytest.raises(ValueError, match=r"landmarks must be \[4, 5, 2\]"):
        RandomFaceOcclusion()(torch.rand(4, 3, 20, 20), landmarks=torch.rand(shape))


@pytest.mark.parametrize("kinds", [[], ["eyes", "nose"]])
def test_unknown_kinds_are_refused(kinds):
    with pytest.raises(ValueError, match="eyes, mouth, side, hand, mask"):
        RandomFaceOcclusion(kinds=kinds)
