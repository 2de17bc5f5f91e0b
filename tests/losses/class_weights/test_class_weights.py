import torch

from crs_plugin.losses import ClassWeights, CRSContLoss, ScheduledClassWeights


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
