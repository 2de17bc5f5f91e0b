import math

import pytest
import torch

from crs_plugin.losses import ClassWeights, FixedClassWeights
from crs_plugin.registry import registry


def test_named_classes_have_their_weight_and_others_one() -> None:
    weights = FixedClassWeights({"negative": 0.5, "surprise": 0})
    assert weights.weights.tolist() == [1, 0.5, 1, 0]
    assert FixedClassWeights({}).weights.tolist() == [1, 1, 1, 1]


def test_order_is_that_of_the_given_classes() -> None:
    weights = FixedClassWeights({"b": 2}, class_names=("a", "b", "c"))
    assert weights.weights.tolist() == [1, 2, 1]
    assert "b=2" in repr(weights)


def test_is_the_component_fixed() -> None:
    component = registry.get("class_weights", "fixed")
    assert component.target is FixedClassWeights
    assert set(component.options()) == {"weights", "class_names"}


@pytest.mark.parametrize(
    ("weights", "error", "message"),
    [
        ({"negativ": 0.5}, ValueError, r"'negativ' \(did you mean 'negative'\?\)"),
        ({"xyz": 0.5}, ValueError, "the classes are positive, negative, neutral, surprise"),
        ({"negative": -0.5}, ValueError, "class 'negative' must be finite and ≥ 0, not -0.5"),
        ({"negative": math.nan}, ValueError, "not nan"),
        ({"negative": math.inf}, ValueError, "not inf"),
        ({"negative": "half"}, TypeError, "must be a number, not 'half'"),
        ({"negative": True}, TypeError, "must be a number, not True"),
    ],
)
def test_bad_weights(weights: dict[str, float], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        FixedClassWeights(weights)


def test_vector_is_a_copy_of_its_own() -> None:
    given = torch.tensor([1.0, 0.5])
    weights = ClassWeights(given)
    given[0] = 7
    assert weights.weights.tolist() == [1, 0.5]
    assert ClassWeights(torch.tensor([1, 2])).weights.is_floating_point()


def test_weights_go_by_name_or_without_names_by_id() -> None:
    assert FixedClassWeights({"b": 2}, class_names=("a", "b")).by_name() == {"a": 1, "b": 2}
    assert ClassWeights(torch.tensor([1.0, 0.5])).by_name() == {"0": 1, "1": 0.5}
    with pytest.raises(ValueError, match=r"2 weights for 3 classes \(a, b, c\)"):
        ClassWeights(torch.ones(2), ("a", "b", "c"))
