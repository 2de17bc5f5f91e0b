import re

import pytest
import torch
from safetensors.torch import save_file
from tiny_encoder import classifier_for, random_images, tiny_encoder

from crs_plugin.errors import InputError
from crs_plugin.models import Encoder, EncoderInfo, build_backbone
from crs_plugin.models.onnx_encoder import OnnxEncoder
from crs_plugin.models.open_encoder import open_encoder
from crs_plugin.registry import MissingExtraError, UnknownComponentError

SMALL = "shufflenet_v2_x0_5"


def test_an_encoder_of_ours_and_the_folder_of_its_run(tmp_path):
    encoder = tiny_encoder()
    encoder.save(tmp_path / "encoder.safetensors")
    for text in (tmp_path / "encoder.safetensors", str(tmp_path)):
        assert open_encoder(text).digest() == encoder.digest()


def test_a_checkpoint(tmp_path):
    torch.manual_seed(0)
    state = build_backbone("resnet18").state_dict()
    torch.save({"model": {f"encoder.{k}": x for k, x in state.items()}}, tmp_path / "c.pth")
    opened = open_encoder(str(tmp_path / "c.pth"))
    assert torch.equal(opened.backbone.conv1.weight.cpu(), state["conv1.weight"])


def test_what_a_run_resumes_from_is_no_encoder(tmp_path):
    (tmp_path / "checkpoints").mkdir()
    path = tmp_path / "checkpoints" / "last.ckpt"
    torch.save({"state_dict": build_backbone("resnet18").state_dict()}, path)
    assert open_encoder(path).info.input_size == 224
    (tmp_path / "recipe.yaml").touch()
    with pytest.raises(InputError, match=r"resumes from.*finish the run, or .*--input-size N"):
        open_encoder(path)
    (tmp_path / "encoder.safetensors").touch()
    with pytest.raises(InputError, match=f"; give {re.escape(str(tmp_path))}, whose encoder does"):
        open_encoder(path)


@pytest.mark.parametrize("toolkit", ["torchvision", "timm"])
def test_a_toolkits_model_with_weights_from_a_file(tmp_path, toolkit):
    name = {"torchvision": SMALL, "timm": "timm/resnet18"}[toolkit]
    state = build_backbone(name).state_dict()
    save_file(state, tmp_path / "w.safetensors")
    text = f"{toolkit}/{name.removeprefix('timm/')}:{tmp_path / 'w.safetensors'}"
    opened = open_encoder(text)
    assert isinstance(opened, Encoder)
    assert not opened.training
    assert opened.info.input_size == 224
    assert opened.info.seen == {"imported_from": text}
    own = opened.cpu().backbone.state_dict()
    assert all(torch.equal(x, own[key]) for key, x in state.items())
    opened.save(tmp_path / "e.safetensors")
    assert Encoder.load(tmp_path / "e.safetensors").digest() == opened.digest()


def test_a_toolkits_own_weights_bring_their_preprocessing(monkeypatch):
    module = "crs_plugin.models.open_encoder.build_backbone"
    built = {name: build_backbone(name) for name in ("mobilenet_v3_small", "timm/resnet10t")}
    monkeypatch.setattr(module, lambda name, weights: built[name])
    info = open_encoder("torchvision/mobilenet_v3_small:DEFAULT").info
    assert (info.input_size, info.mean) == (224, (0.485, 0.456, 0.406))
    assert open_encoder("timm/resnet10t:DEFAULT").info.input_size == 176


def test_random_weights_are_not_taken_for_an_encoder():
    with pytest.raises(InputError, match=r"names no weights.* torchvision/resnet18:FILE"):
        open_encoder("torchvision/resnet18")


def test_a_name_that_does_not_exist_is_told(tmp_path):
    with pytest.raises(UnknownComponentError, match="resnet18"):
        open_encoder("torchvision/resnet81:w.pth")
    with pytest.raises(InputError, match="no weights file"):
        open_encoder(f"torchvision/{SMALL}:{tmp_path}/none.pth")
    with pytest.raises(InputError, match="WONDER"):
        open_encoder(f"torchvision/{SMALL}:WONDER")


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("none", r"none does not exist; an encoder is our \.safetensors"),
        ("none.safetensors", "no encoder file"),
        ("none.pth", "no checkpoint"),
        ("none.onnx", "no ONNX file"),
        ("notes.txt", r"notes\.txt is no encoder; an encoder is"),
        ("folder", r"has no encoder\.safetensors"),
        ("bad.onnx", "no ONNX file, or it was cut short"),
    ],
)
def test_what_is_no_encoder_is_told(tmp_path, monkeypatch, name, message):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "notes.txt").write_text("x")
    (tmp_path / "bad.onnx").write_bytes(b"\x08\x09 no model")
    (tmp_path / "folder").mkdir()
    with pytest.raises(InputError, match=message):
        open_encoder(name)


def foreign_onnx(path, shape, network=None) -> torch.nn.Module:
    """An ONNX file that says nothing of us; a dimension that is None is free."""
    network = (network or tiny_encoder().backbone).eval()
    free = {i: torch.export.Dim(f"d{i}") for i, size in enumerate(shape) if size is None}
    example = torch.rand([size or 8 for size in shape])
    program = torch.onnx.export(
        network, (example,), dynamo=True, dynamic_shapes=(free,), verbose=False
    )
    program.save(path, external_data=False)
    return network


@pytest.mark.parametrize("batch", [None, 1])
def test_somebody_elses_onnx_file(tmp_path, batch):
    network = foreign_onnx(tmp_path / "e.onnx", (batch, 3, 16, 16))
    opened = open_encoder(tmp_path / "e.onnx")
    assert isinstance(opened, OnnxEncoder)
    assert (opened.info.input_size, opened.info.feature_dim) == (16, 6)
    images = random_images(3)
    info = opened.info
    same = Encoder(network, EncoderInfo("", {}, 16, info.mean, info.std, 6))
    torch.testing.assert_close(opened.embed(images), same.embed(images), atol=1e-5, rtol=0)
    assert opened.embed([]).shape == (0, 6)
    with pytest.raises(InputError, match="was trained on the encoder"):
        opened.predict(images, classifier_for(tiny_encoder(seed=3)))


@pytest.mark.parametrize(
    ("shape", "network", "message"),
    [
        ((4, 3, 16, 16), None, "takes 4 images at a time"),
        ((None, 3, 16, 12), None, "12 × 16 px, not square"),
        ((None, 3, 16, 16), torch.nn.Conv2d(3, 2, 3), r"gives \[1, 2, 14, 14\] for one image"),
        ((None, 1, 16, 16), torch.nn.Conv2d(1, 2, 3), r"no encoder of images \[N, 3, H, W\]"),
    ],
)
def test_onnx_files_that_are_no_encoders(tmp_path, shape, network, message):
    foreign_onnx(tmp_path / "e.onnx", shape, network)
    with pytest.raises(InputError, match=message):
        open_encoder(tmp_path / "e.onnx")


def test_without_onnxruntime_the_extra_is_named(tmp_path, monkeypatch):
    (tmp_path / "e.onnx").write_bytes(b"x")
    monkeypatch.setitem(__import__("sys").modules, "onnxruntime", None)
    with pytest.raises(MissingExtraError, match=r"crs_plugin\[onnx\]"):
        open_encoder(tmp_path / "e.onnx")
