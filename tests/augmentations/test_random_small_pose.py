import pytest
import torch
from kornia.geometry.transform import get_rotation_matrix2d

from crs_plugin.augmentations import RandomSmallPose


def posed(images: torch.Tensor, **degrees: float) -> tuple[torch.Tensor, torch.Tensor]:
    """Turn images by these degrees; return them and the matrices."""
    pose = RandomSmallPose(p=1.0)
    params = pose.forward_parameters(images.shape)
    for name in ("roll", "yaw", "pitch"):
        params[name] = torch.full((len(images),), degrees.get(name, 0.0))
    return pose(images, params=params), pose.transform_matrix


def corners_after(matrix: torch.Tensor, side: int) -> torch.Tensor:
    last = side - 1.0
    corners = torch.tensor([[0.0, 0, 1], [last, 0, 1], [last, last, 1], [0, last, 1]])
    moved = corners @ matrix.T
    return moved[:, :2] / moved[:, 2:]


def test_no_turn_changes_nothing():
    images = torch.rand(3, 3, 20, 26)
    result, matrices = posed(images)
    torch.testing.assert_close(result, images, atol=1e-4, rtol=0)
    torch.testing.assert_close(matrices, torch.eye(3).expand(3, -1, -1), atol=1e-4, rtol=0)


def test_roll_is_a_rotation_about_the_middle():
    _, matrices = posed(torch.rand(1, 1, 21, 21), roll=12.0)
    centre, one = torch.tensor([[10.0, 10.0]]), torch.ones(1, 2)
    expected = get_rotation_matrix2d(centre, torch.tensor([-12.0]), one)
    torch.testing.assert_close(matrices[:, :2], expected, atol=1e-3, rtol=0)


def test_yaw_makes_one_side_shorter_and_pitch_top_or_bottom():
    _, [matrix] = posed(torch.rand(1, 1, 41, 41), yaw=15.0)
    top_left, top_right, bottom_right, bottom_left = corners_after(matrix, 41)
    left, right = (bottom_left - top_left)[1], (bottom_right - top_right)[1]
    assert abs(left - right) > 3
    assert (top_right - top_left)[0] < 40
    _, [matrix] = posed(torch.rand(1, 1, 41, 41), pitch=15.0)
    top_left, top_right, bottom_right, bottom_left = corners_after(matrix, 41)
    assert abs((top_right - top_left)[0] - (bottom_right - bottom_left)[0]) > 3


def test_the_border_is_repeated():
    result, _ = posed(torch.full((2, 3, 24, 24), 0.7), roll=10.0, yaw=15.0)
    torch.testing.assert_close(result, torch.full((2, 3, 24, 24), 0.7))


def test_inverse_turns_back():
    images = torch.nn.functional.interpolate(torch.rand(3, 3, 5, 5), (40, 40), mode="bicubic")
    pose = RandomSmallPose(p=1.0)
    back = pose.inverse(pose(images.clamp(0, 1)))
    middle = (..., slice(10, 30), slice(10, 30))
    torch.testing.assert_close(back[middle], images.clamp(0, 1)[middle], atol=0.05, rtol=0)


def test_matrices_of_half_precision_images_hold_fractions_of_a_pixel():
    images = torch.rand(2, 3, 224, 224)
    _, exact = posed(images, roll=7.0)
    result, matrices = posed(images.to(torch.bfloat16), roll=7.0)
    assert result.dtype == torch.bfloat16
    torch.testing.assert_close(matrices, exact)


@pytest.mark.parametrize(
    ("options", "angles"),
    [
        ({}, {"roll": 10, "yaw": 15, "pitch": 10}),
        ({"roll": 5, "yaw": 20, "pitch": 0}, {"roll": 5, "yaw": 20, "pitch": 0}),
    ],
)
def test_draws_fill_their_ranges(options, angles):
    torch.manual_seed(0)
    drawn = RandomSmallPose(**options).forward_parameters((3000, 3, 8, 8))
    for name, most in angles.items():
        assert drawn[name].abs().max() == pytest.approx(most, rel=0.01), name
        assert abs(drawn[name].mean()) <= 0.05 * most, name


@pytest.mark.parametrize("option", [{"roll": -1}, {"yaw": 60}, {"pitch": 46}])
def test_angles_out_of_range_are_refused(option):
    with pytest.raises(ValueError, match=next(iter(option))):
        RandomSmallPose(**option)
