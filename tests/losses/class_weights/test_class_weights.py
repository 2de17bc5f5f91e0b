import pytest
import torch

from crs_plugin.losses import ClassWeights, CRSContLoss, ScheduledClassWeights
from crs_plugin.losses.class_weights.class_weights import check_class_weights


def test_half_precision_does_not_round_them() -> None:
    weights = ClassWeights(torch.tensor([1 / 3, 0.1]))
    expected = weights.weights.clone()
    assert torch.equal(weights.half().float().bfloat16().double().weights, expected)
    assert weights.weights.dtype is torch.float32
    scheduled = ScheduledClassWeights({"negative": 1 / 3}, {}, to_epoch=2).half()
    scheduled.at_epoch(0)
    assert scheduled.weights[1] == expected[0]


def test_they_move_with_the_loss() -> None:
    loss_fn = CRSContLoss(class_weights={"negative": 1 / 3}).to("meta", torch.float16)
    assert loss_fn.class_weights is not None
    assert loss_fn.class_weights.weights.is_meta
    assert loss_fn.class_weights.weights.dtype is torch.float32


@pytest.mark.parametrize(
    ("weights", "error", "message"),
    [
        ([1.0, 0.5], TypeError, r"tensor of real numbers \[C\], not list$"),
        (torch.ones(2, dtype=torch.complex64), TypeError, "real numbers .*, not torch.complex64$"),
        (torch.ones(2, dtype=torch.bool), TypeError, "real numbers .*, not torch.bool$"),
        (torch.ones(2, 3), ValueError, r"a vector \[C\], not of shape \[2, 3\]"),
        (torch.tensor([1.0, -0.5]), ValueError, "at least 0, but that of class 1 is -0.5"),
        (torch.tensor([torch.inf, 1.0]), ValueError, "finite .* that of class 0 is inf"),
        (torch.tensor([1.0, torch.nan]), ValueError, "finite .* that of class 1 is nan"),
    ],
)
def test_what_is_no_vector_of_weights(weights, error, message) -> None:
    with pytest.raises(error, match=message):
        check_class_weights(weights)


def test_whole_numbers_and_zero_are_weights() -> None:
    check_class_weights(torch.tensor([0, 3]))
