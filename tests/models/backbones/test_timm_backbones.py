import sys

import pytest
import torch

from crs_plugin.errors import InputError
from crs_plugin.models import build_backbone
from crs_plugin.registry import (
    MissingExtraError,
    RefusedComponentError,
    UnknownComponentError,
    registry,
)


def test_without_timm_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "timm", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'crs_plugin\[timm\]'"):
        build_backbone("timm/resnet18")
    assert "resnet18" in registry.names("backbone")


@pytest.mark.parametrize(
    ("name", "width"),
    [
        ("resnet18", 512),
        ("mobilenetv3_small_100", 1024),
        ("vit_tiny_patch16_224", 192),
        ("convnext_atto", 320),
    ],
)
def test_feature_width_is_found_out(name, width):
    pytest.importorskip("timm")
    with torch.device("meta"), torch.no_grad():
        backbone = build_backbone(f"timm/{name}")
        assert backbone(torch.empty(2, 3, 224, 224)).shape == (2, width)
    assert backbone.feature_dim == width


def test_small_input_stem_and_weights_from_a_file(tmp_path):
    timm = pytest.importorskip("timm")
    stock = timm.create_model("resnet18", num_classes=5).state_dict()
    torch.save(stock, tmp_path / "w.pth")
    backbone = build_backbone("timm/resnet18", weights=str(tmp_path / "w.pth"))
    for name, value in backbone.state_dict().items():
        assert torch.equal(value, stock[name])
    small = build_backbone("timm/resnet18", small_input_stem=True, channels_last=True)
    assert small(torch.rand(2, 3, 32, 32)).shape == (2, 512)


def test_bad_names_are_told():
    pytest.importorskip("timm")
    with pytest.raises(UnknownComponentError, match="timm/resnet18"):
        build_backbone("timm/resnet81")
    with pytest.raises(
        RefusedComponentError, match=r"no weights 'a1_in2k' of resnet18; .* a1_in1k"
    ):
        build_backbone("timm/resnet18.a1_in2k")
    with pytest.raises(InputError, match=r"timm/resnet18 has no weights 'IMAGENET1K_V1'"):
        build_backbone("timm/resnet18", weights="IMAGENET1K_V1")
    with pytest.raises(InputError, match="no ResNet stem"):
        build_backbone("timm/convnext_atto", small_input_stem=True)
