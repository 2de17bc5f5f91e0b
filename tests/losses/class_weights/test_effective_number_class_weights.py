from fractions import Fraction

import pytest

from crs_plugin.losses import EffectiveNumberClassWeights, InverseFrequencyClassWeights
from crs_plugin.registry import registry

COUNTS = [40, 1000, 50, 3]


def test_the_formula_of_the_source_scaled_to_a_mean_of_one_over_the_images() -> None:
    beta = Fraction(99, 100)
    raw = [(1 - beta) / (1 - beta**count) for count in COUNTS]
    mean = sum(count * weight for count, weight in zip(COUNTS, raw, strict=True)) / sum(COUNTS)
    weights = EffectiveNumberClassWeights(COUNTS, beta=0.99).weights
    assert weights.tolist() == pytest.approx([float(weight / mean) for weight in raw], rel=1e-6)


def test_beta_leads_from_equal_weights_to_the_inverse_frequency() -> None:
    assert EffectiveNumberClassWeights(COUNTS, beta=1e-9).weights.tolist() == [1, 1, 1, 1]
    inverse = InverseFrequencyClassWeights(COUNTS).weights.tolist()
    for beta in (1 - 1e-9, 1 - 2**-53):
        near = EffectiveNumberClassWeights(COUNTS, beta=beta).weights.tolist()
        assert near == pytest.approx(inverse, rel=1e-5)


def test_a_class_without_images_has_no_weight() -> None:
    weights = EffectiveNumberClassWeights({"a": 5, "b": 0, "c": 5}, class_names=("a", "b", "c"))
    assert weights.by_name() == {"a": 1, "b": 0, "c": 1}


def test_is_the_component_effective_number() -> None:
    component = registry.get("class_weights", "effective_number")
    assert component.target is EffectiveNumberClassWeights
    assert set(component.options()) == {"class_counts", "beta", "class_names"}


@pytest.mark.parametrize("beta", [0, 1, 1.5, float("nan")])
def test_bad_beta(beta) -> None:
    with pytest.raises(ValueError, match="beta must lie between 0 and 1, exclusive"):
        EffectiveNumberClassWeights(COUNTS, beta=beta)
