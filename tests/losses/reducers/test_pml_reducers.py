import pytest
import torch

from crs_plugin.registry import Part, RefusedComponentError, registry

NAMES = [name for name in registry.names("reducer") if name.startswith("pml/")]
NEEDED = {"pml/ClassWeightedReducer": {"weights": [1.0, 0.5]}, "pml/ThresholdReducer": {"low": 0}}
LOSS_OF = {"pml/DivisorReducer": "pml/MarginLoss", "pml/PerAnchorReducer": "pml/ContrastiveLoss"}


def test_many_are_found() -> None:
    assert {"pml/MeanReducer", "pml/ClassWeightedReducer", "pml/AvgNonZeroReducer"} <= set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_builds_and_reduces_to_one_number(name: str) -> None:
    torch.manual_seed(0)
    reducer = registry.get("reducer", name).target(**NEEDED.get(name, {}))
    loss_fn = registry.get("loss", LOSS_OF.get(name, "pml/SupConLoss")).target(reducer=reducer)
    z = torch.randn(8, 4, requires_grad=True)
    loss = loss_fn(z, torch.tensor([0, 1, 1, 0]).repeat(2))
    assert loss.shape == ()
    assert loss.isfinite()
    loss.backward()
    assert z.grad is not None
    assert z.grad.any()


@pytest.mark.parametrize("name", NAMES)
def test_every_option_can_be_given(name: str) -> None:
    component = registry.get("reducer", name)
    given = {o.name: o.default for o in component.options().values() if not o.required}
    component.target(**given | NEEDED.get(name, {}))


def test_a_reducer_can_hold_another() -> None:
    assert registry.get("reducer", "pml/PerAnchorReducer").options()["reducer"].part == Part(
        "reducer"
    )


@pytest.mark.parametrize("name", ["DoNothingReducer", "MultipleReducers", "BaseReducer"])
def test_what_does_not_fit_is_refused(name: str) -> None:
    with pytest.raises(RefusedComponentError, match=f"{name} cannot be used here"):
        registry.get("reducer", f"pml/{name}")
