import pytest
import torch

from crs_plugin.losses import (
    ClassWeights,
    CRSContLoss,
    FixedClassWeights,
    InverseFrequencyClassWeights,
    ScheduledClassWeights,
)
from crs_plugin.registry import registry


def negative(weights: ClassWeights, epochs: range) -> list[float]:
    found = []
    for epoch in epochs:
        weights.at_epoch(epoch)
        found.append(weights.by_name()["negative"])
    return found


def test_constant_then_in_a_straight_line_then_constant() -> None:
    weights = ScheduledClassWeights({}, {"negative": 0.5}, from_epoch=2, to_epoch=6)
    assert weights.weights.tolist() == [1, 1, 1, 1]
    assert negative(weights, range(9)) == [1, 1, 1, 0.875, 0.75, 0.625, 0.5, 0.5, 0.5]
    assert weights.weights.tolist() == [1, 0.5, 1, 1]
    assert negative(weights, range(3, 1, -1)) == [0.875, 1]


def test_both_epochs_the_same_change_at_once() -> None:
    weights = ScheduledClassWeights({}, {"negative": 0}, from_epoch=2, to_epoch=2)
    assert negative(weights, range(4)) == [1, 1, 0, 0]
    from_the_start = ScheduledClassWeights({}, {"negative": 0}, to_epoch=0)
    assert from_the_start.by_name()["negative"] == 0


def test_both_ends_are_met_exactly() -> None:
    weights = ScheduledClassWeights({"negative": 0.1}, {"negative": 0.7}, to_epoch=3)
    assert weights.weights[1] == torch.tensor(0.1)
    weights.at_epoch(3)
    assert weights.weights[1] == torch.tensor(0.7)


def test_the_ends_may_be_components_which_may_change_themselves() -> None:
    rise = ScheduledClassWeights({"negative": 0}, {}, to_epoch=2)
    frequency = InverseFrequencyClassWeights([10, 40, 10, 20])
    weights = ScheduledClassWeights(rise, frequency, from_epoch=2, to_epoch=4)
    assert negative(weights, range(5)) == [0, 0.5, 1, 0.75, 0.5]


def test_the_buffer_stays_the_same_one_in_its_precision() -> None:
    ones = torch.ones(4, dtype=torch.float64)
    weights = ScheduledClassWeights(ones, {"negative": 0.5}, to_epoch=2)
    buffer = weights.weights
    weights.at_epoch(1)
    assert weights.weights is buffer
    assert buffer.dtype is torch.float64
    assert buffer.tolist() == [1, 0.75, 1, 1]


def test_what_was_saved_does_not_matter_once_the_epoch_is_told() -> None:
    weights = ScheduledClassWeights({}, {"negative": 0.5}, to_epoch=4)
    weights.at_epoch(3)
    saved = {name: value.clone() for name, value in weights.state_dict().items()}
    resumed = ScheduledClassWeights({}, {"negative": 0.5}, to_epoch=4)
    resumed.load_state_dict(saved)
    assert resumed.by_name()["negative"] == 0.625
    resumed.at_epoch(1)
    assert resumed.by_name()["negative"] == 0.875


def test_a_bare_loop_tells_the_epoch_to_the_weights_of_its_loss() -> None:
    weights = ScheduledClassWeights({}, {"negative": 0.5}, to_epoch=1)
    loss_fn = CRSContLoss(class_weights=weights)
    z, y = torch.randn(12, 4), torch.arange(4).repeat(3)
    for epoch, same in enumerate(({}, {"negative": 0.5})):
        loss_fn.class_weights.at_epoch(epoch)
        assert torch.equal(loss_fn(z, y), CRSContLoss(class_weights=same)(z, y))


def test_other_weights_are_the_same_in_every_epoch() -> None:
    weights = FixedClassWeights({"negative": 0.5})
    assert negative(weights, range(3)) == [0.5, 0.5, 0.5]


def test_is_the_component_schedule() -> None:
    component = registry.get("class_weights", "schedule")
    assert component.target is ScheduledClassWeights
    options = component.options()
    assert [options[name].part.kind for name in ("before", "after")] == ["class_weights"] * 2
    assert [name for name, option in options.items() if option.required] == [
        *("before", "after", "to_epoch")
    ]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"to_epoch": 1, "from_epoch": 2}, "to_epoch not before it, not 2 and 1"),
        ({"to_epoch": 1, "from_epoch": -1}, "from_epoch must be ≥ 0"),
        ({"to_epoch": 1, "after": {"negativ": 1}}, "did you mean 'negative'"),
        ({"to_epoch": 1, "after": ClassWeights(torch.ones(3))}, "4 weights and after 3"),
    ],
)
def test_bad_options(options, message) -> None:
    with pytest.raises(ValueError, match=message):
        ScheduledClassWeights(**({"before": {}, "after": {}} | options))
