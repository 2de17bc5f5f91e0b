import inspect

import pytest
import torch
from lightly.loss import NTXentLoss

from crs_plugin.losses.lightly_losses import LightlyLosses
from crs_plugin.registry import RefusedComponentError, UnknownComponentError, registry

NAMES = [name for name in registry.names("loss") if name.startswith("lightly/")]


def test_the_losses_of_two_embeddings_are_found() -> None:
    wanted = {"NTXentLoss", "DCLLoss", "DCLWLoss", "BarlowTwinsLoss", "VICRegLoss", "TiCoLoss"}
    wanted |= {"NegativeCosineSimilarity", "MACLLoss"}
    assert wanted <= {name.removeprefix("lightly/") for name in NAMES}


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.filterwarnings("ignore:To copy construct")
def test_builds_with_defaults_and_has_a_gradient(name: str) -> None:
    torch.manual_seed(0)
    views = torch.randn(2, 8, 6, requires_grad=True)
    loss = registry.get("loss", name).target()(*views)
    loss.backward()
    assert loss.shape == ()
    assert loss.isfinite()
    assert views.grad is not None
    assert views.grad.isfinite().all()
    assert views.grad.any()


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("DINOLoss", "teacher"),
        ("SwaVLoss", "prototypes"),
        ("VICRegLLoss", "grids"),
        ("DetConSLoss", "masks"),
        ("MMCRLoss", "momentum"),
    ],
)
def test_what_does_not_fit_is_refused_with_its_reason(name: str, reason: str) -> None:
    with pytest.raises(RefusedComponentError, match=f"{name} cannot be used here: .*{reason}"):
        registry.get("loss", f"lightly/{name}")


def test_every_loss_of_lightly_is_either_taken_or_refused_with_a_written_reason() -> None:
    """A new one in a later version is refused by its signature; then write its reason down."""
    family = LightlyLosses()
    undecided = {
        name
        for name, part in family.classes().items()
        if family.refusal(part) is not None and name not in family.refused
    }
    assert undecided <= {"Whitening2d", "VISRegLossComponents"}


def test_unknown_name_is_suggested() -> None:
    with pytest.raises(UnknownComponentError) as caught:
        registry.get("loss", "lightly/NTXentLos")
    assert caught.value.suggestion == "lightly/NTXentLoss"


def test_options_and_text_are_those_of_the_class() -> None:
    component = registry.get("loss", "lightly/NTXentLoss")
    options = component.options()
    assert set(options) == {"temperature", "memory_bank_size", "gather_distributed"}
    assert options["temperature"].annotation is float
    assert options["temperature"].default == 0.5
    assert component.origin == "lightly"
    assert "ntx_ent_loss.py" in component.place
    assert component.docstring == inspect.getdoc(NTXentLoss)
    assert isinstance(component.target(temperature=0.1), NTXentLoss)
    with pytest.raises(TypeError, match="temprature"):
        component.target(temprature=0.1)
