import numpy as np
import pytest
import torch
from sklearn.utils.class_weight import compute_class_weight

from crs_plugin.losses import CRSContLoss, InverseFrequencyClassWeights
from crs_plugin.registry import registry

COUNTS = {"positive": 40, "negative": 100, "neutral": 50, "surprise": 10}


def test_they_are_those_that_scikit_learn_calls_balanced() -> None:
    weights = InverseFrequencyClassWeights(COUNTS)
    images = np.repeat(np.arange(4), list(COUNTS.values()))
    balanced = compute_class_weight("balanced", classes=np.arange(4), y=images)
    assert weights.weights.tolist() == pytest.approx(balanced.tolist())
    assert weights.by_name()["negative"] == pytest.approx(200 / (4 * 100))


def test_the_power_sets_how_strongly_the_counts_matter() -> None:
    root = InverseFrequencyClassWeights(COUNTS, power=0.5).weights
    assert root[3] / root[1] == pytest.approx(10**0.5)
    assert InverseFrequencyClassWeights(COUNTS, power=0).weights.tolist() == [1, 1, 1, 1]
    steep = InverseFrequencyClassWeights(COUNTS, power=1000).weights
    assert steep.tolist() == [0, 0, 0, 20]


def test_a_class_without_images_has_no_weight() -> None:
    weights = InverseFrequencyClassWeights([10, 0, 30], class_names=("a", "b", "c"))
    assert weights.by_name() == pytest.approx({"a": 2, "b": 0, "c": 2 / 3})


def test_they_weight_the_loss_and_are_saved_with_it() -> None:
    loss_fn = CRSContLoss(class_weights=InverseFrequencyClassWeights(COUNTS))
    assert torch.equal(
        loss_fn.state_dict()["class_weights.weights"],
        InverseFrequencyClassWeights(list(COUNTS.values())).weights,
    )
    fixed = CRSContLoss(class_weights=loss_fn.class_weights.by_name())
    z, y = torch.randn(16, 8), torch.arange(4).repeat(4)
    assert torch.equal(loss_fn(z, y), fixed(z, y))


def test_is_the_component_inverse_frequency() -> None:
    component = registry.get("class_weights", "inverse_frequency")
    assert component.target is InverseFrequencyClassWeights
    assert set(component.options()) == {"class_counts", "power", "class_names"}


@pytest.mark.parametrize("power", [-1, float("nan"), float("inf")])
def test_bad_power(power) -> None:
    with pytest.raises(ValueError, match="power must be finite and ≥ 0"):
        InverseFrequencyClassWeights(COUNTS, power=power)
