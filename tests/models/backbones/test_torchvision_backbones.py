import pytest
import torch
import torchvision
from safetensors.torch import save_file

from crs_plugin.errors import InputError
from crs_plugin.models import build_backbone
from crs_plugin.models.backbones.torchvision_backbones import _declared_models
from crs_plugin.registry import UnknownComponentError, registry

WIDTHS = {
    "resnet18": 512,
    "resnet50": 2048,
    "mobilenet_v2": 1280,
    "mobilenet_v3_small": 1024,
    "efficientnet_b0": 1280,
    "vit_b_16": 768,
    "swin_t": 768,
    "convnext_tiny": 768,
    "densenet121": 1024,
    "squeezenet1_1": 512,
    "shufflenet_v2_x0_5": 1024,
    "vgg11": 4096,
    "googlenet": 1024,
    "inception_v3": 2048,
}


def meta_features(name: str, size: int = 224) -> tuple[torch.Tensor, int]:
    """Features and the width that the backbone states, without any arithmetic."""
    with torch.device("meta"), torch.no_grad():
        backbone = build_backbone(name)
        return backbone(torch.empty(2, 3, size, size)), backbone.feature_dim


@pytest.mark.parametrize(("name", "width"), WIDTHS.items())
def test_feature_width_is_found_out(name, width):
    features, stated = meta_features(name, 299 if name == "inception_v3" else 224)
    assert features.shape == (2, width)
    assert stated == width


@pytest.mark.slow
def test_every_torchvision_classification_model_is_a_backbone():
    names = torchvision.models.list_models(module=torchvision.models)
    checked = [n for n in names if not n.startswith("regnet")]  # regnets need numbers when built
    assert len(checked) >= 65
    for name in checked:
        features, stated = meta_features(name, 299 if name == "inception_v3" else 224)
        assert features.shape == (2, stated), name
    assert build_backbone("regnet_y_400mf").feature_dim == 440


def test_names_are_torchvisions():
    origins = registry.names("backbone")
    assert origins["resnet18"] == "torchvision"
    with pytest.raises(UnknownComponentError, match="did you mean 'resnet18'"):
        build_backbone("resnet81")


def test_names_are_found_without_importing_torchvision():
    assert _declared_models() == set(torchvision.models.list_models(module=torchvision.models))


def test_gradient_reaches_every_parameter():
    backbone = build_backbone("resnet18")
    backbone(torch.rand(2, 3, 32, 32)).sum().backward()
    assert all(p.grad is not None for p in backbone.parameters())


def test_small_input_stem_keeps_more_places():
    backbone = build_backbone("resnet18", small_input_stem=True).eval()
    assert backbone.conv1.weight.shape == (64, 3, 3, 3)
    assert backbone.layer1(backbone.maxpool(backbone.conv1(torch.rand(1, 3, 32, 32)))).shape == (
        1,
        64,
        32,
        32,
    )
    assert backbone(torch.rand(2, 3, 32, 32)).shape == (2, 512)


@pytest.mark.parametrize("name", ["mobilenet_v3_small", "squeezenet1_1", "shufflenet_v2_x0_5"])
def test_small_input_stem_is_refused_where_there_is_none(name):
    with pytest.raises(InputError, match=f"{name} has no ResNet stem"):
        build_backbone(name, small_input_stem=True)


def test_channels_last_changes_the_layout_not_the_result():
    torch.manual_seed(0)
    plain = build_backbone("resnet18").eval()
    torch.manual_seed(0)
    fast = build_backbone("resnet18", channels_last=True).eval()
    assert fast.layer1[0].conv1.weight.is_contiguous(memory_format=torch.channels_last)
    images = torch.rand(2, 3, 32, 32)
    torch.testing.assert_close(plain(images), fast(images), atol=1e-4, rtol=1e-4)


@pytest.fixture(scope="module")
def stock() -> torch.nn.Module:
    return torchvision.models.resnet18()


@pytest.mark.parametrize("suffix", [".pth", ".pt", ".safetensors", ".checkpoint.pth"])
def test_weights_from_a_file(stock, tmp_path, suffix):
    file = tmp_path / f"weights{suffix}"
    state = stock.state_dict()
    if suffix == ".safetensors":
        save_file(state, file)
    else:
        torch.save({"state_dict": state} if "checkpoint" in suffix else state, file)
    backbone = build_backbone("resnet18", weights=str(file))
    for name, value in backbone.state_dict().items():
        assert torch.equal(value, state[name]), name


def test_every_weight_that_does_not_fit_is_listed(stock, tmp_path):
    state = stock.state_dict()
    del state["conv1.weight"]
    state["bn1.bias"] = torch.zeros(7)
    state["extra.weight"] = torch.zeros(1)
    torch.save(state, tmp_path / "w.pth")
    with pytest.raises(InputError) as caught:
        build_backbone("resnet18", weights=str(tmp_path / "w.pth"))
    message = str(caught.value)
    for part in (
        "missing: conv1.weight",
        "unexpected: extra.weight",
        "of another shape: bn1.bias [7] instead of [64]",
        "w.pth",
    ):
        assert part in message


class _Malicious:
    def __reduce__(self):
        return (print, ("code was run",))


@pytest.mark.parametrize(
    "content", [b"", b"no weights", b"hello", "pickle", "list", "cut"], ids=lambda x: str(x)[:10]
)
@pytest.mark.parametrize("suffix", [".pth", ".safetensors"])
def test_files_without_weights_are_refused(stock, tmp_path, capsys, content, suffix):
    file = tmp_path / f"w{suffix}"
    if content == "pickle":
        torch.save({"a": _Malicious()}, file)
    elif content == "list":
        torch.save([1, 2], file)
    elif content == "cut":
        torch.save(stock.state_dict(), file)
        file.write_bytes(file.read_bytes()[:100_000])
    else:
        file.write_bytes(content)
    with pytest.raises(InputError, match=f"w{suffix}") as caught:
        build_backbone("resnet18", weights=str(file))
    assert "PyTorch 2.6" not in str(caught.value)  # torch's advice to run what is in the file
    assert "code was run" not in capsys.readouterr().out


def test_missing_files_and_unknown_names_of_weights_are_told():
    with pytest.raises(InputError, match=r"no weights file .*nowhere\.pth"):
        build_backbone("resnet18", weights="nowhere.pth")
    with pytest.raises(InputError, match="it has DEFAULT, IMAGENET1K_V1"):
        build_backbone("resnet18", weights="IMAGENET")
