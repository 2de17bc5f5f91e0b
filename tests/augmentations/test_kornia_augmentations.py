import pytest
import torch

from crs_plugin.augmentations import FERTwoViews
from crs_plugin.registry import RefusedComponentError, UnknownComponentError, registry


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("RandomErasing", {"p": 1.0}),
        ("RandomAffine", {"degrees": 10.0}),
        ("RandomGaussianNoise", {"std": 0.1}),
        ("RandomGamma", {}),
        ("RandomPerspective", {}),
    ],
)
def test_kornias_augmentations_are_steps(name, options):
    component = registry.get("augmentation", f"kornia/{name}")
    assert component.options().keys() >= {*options, "p"}
    views = FERTwoViews(16, then=[component.target(**options)])(torch.rand(3, 3, 20, 20))
    assert [tuple(view.shape) for view in views] == [(3, 3, 16, 16)] * 2


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("RandomMixUpV2", "mixes"),
        ("RandomCutMixV2", "mixes"),
        ("RandomAffine3D", "volumes"),
        ("VideoSequential", "videos"),
        ("AugmentationSequential", "one after another"),
        ("GeometricAugmentationBase2D", "base class"),
        ("RandomDissolving", "diffusion"),
        ("RandomFisheye", "options are tensors"),
        ("auto", "module"),
    ],
)
def test_what_does_not_fit_is_refused_with_its_reason(name, reason):
    with pytest.raises(RefusedComponentError, match=reason):
        registry.get("augmentation", f"kornia/{name}")
    assert f"kornia/{name}" not in registry.names("augmentation")


def test_a_misspelt_name_is_unknown_with_a_suggestion():
    with pytest.raises(UnknownComponentError, match="did you mean 'kornia/RandomErasing'"):
        registry.get("augmentation", "kornia/RandomErasin")
