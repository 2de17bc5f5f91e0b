import pytest
import torch

from crs_plugin.registry import RefusedComponentError, UnknownComponentError, registry

NAMES = [name for name in registry.names("head") if name.startswith("lightly/")]


def test_lightly_has_the_usual_heads():
    assert len(NAMES) >= 8
    assert {"lightly/SimCLRProjectionHead", "lightly/VICRegProjectionHead"} <= {*NAMES}


@pytest.mark.filterwarnings("ignore::FutureWarning")
@pytest.mark.parametrize("name", NAMES)
def test_heads_that_fit_map_features_to_projections(name):
    component = registry.get("head", name)
    sizes = {"input_dim": 16, "hidden_dim": 8, "output_dim": 4} | {"bottleneck_dim": 8}
    options = {k: v for k, v in sizes.items() if k in component.options()}
    assert component.target(**options)(torch.rand(6, 16)).shape == (6, 4)


def test_options_are_those_of_the_constructor():
    options = registry.get("head", "lightly/SimCLRProjectionHead").options()
    assert options["batch_norm"].annotation is bool
    assert options["num_layers"].default == 2


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("SwaVPrototypes", "prototypes"),
        ("BYOLPredictionHead", "prediction head follows"),
        ("ProjectionHead", "'mlp'"),
        ("VicRegLLocalProjectionHead", "feature maps"),
    ],
)
def test_heads_that_do_not_fit_are_refused_with_their_reason(name, reason):
    with pytest.raises(RefusedComponentError, match=reason):
        registry.get("head", f"lightly/{name}")


def test_a_misspelt_name_is_unknown():
    with pytest.raises(UnknownComponentError, match="did you mean 'lightly/SimCLRProjectionHead'"):
        registry.get("head", "lightly/SimCLRProjectionHeed")
