import argparse
import pathlib

import pytest
import torch
from safetensors.torch import save_file
from tiny_encoder import random_images
from torch.nn import functional as F

from crs_plugin.errors import InputError
from crs_plugin.models import Encoder, EncoderInfo, build_backbone
from crs_plugin.models.checkpoint_import import import_checkpoint
from crs_plugin.normalisation import IMAGENET_MEAN, IMAGENET_STD


@pytest.fixture(scope="module")
def network() -> torch.nn.Module:
    torch.manual_seed(0)
    return build_backbone("resnet18").eval()


def imported(path, **options) -> Encoder:
    found = import_checkpoint(path, input_size=32, **options)
    return Encoder(found.backbone, found.info)


def prefixed(state, prefix: str) -> dict[str, torch.Tensor]:
    return {prefix + name: x for name, x in state.items()}


def released(state, wrapper: str = "") -> dict:
    """As the released code saves it."""
    model = {f"{wrapper}encoder.{name}": x for name, x in state.items()}
    model = {name.replace("downsample.", "shortcut."): x for name, x in model.items()}
    model |= {f"{wrapper}head.0.weight": torch.zeros(2, 2)}
    model |= {f"{wrapper}linear_classifier.bias": torch.zeros(4)}
    opt = argparse.Namespace(model="resnet18", learning_rate=0.5)
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=0.5, momentum=0.9)
    return {"opt": opt, "model": model, "optimizer": optimizer.state_dict(), "epoch": 100}


@pytest.mark.parametrize("wrapper", ["", "module."])
def test_checkpoints_of_the_released_code(network, tmp_path, wrapper):
    torch.save(released(network.state_dict(), wrapper), tmp_path / "c.pth")
    found = import_checkpoint(tmp_path / "c.pth")
    assert found.prefix == f"{wrapper}encoder."
    assert found.left_out == (f"{wrapper}head.0.weight", f"{wrapper}linear_classifier.bias")
    state = found.backbone.state_dict()
    assert all(torch.equal(x, state[name]) for name, x in network.state_dict().items())
    info = found.info
    assert (info.input_size, info.mean, info.std) == (224, IMAGENET_MEAN, IMAGENET_STD)
    assert info.seen == {"imported_from": "c.pth", "epochs": 100}


def test_an_encoder_is_loaded_from_such_a_checkpoint(network, tmp_path):
    torch.save(released(network.state_dict()), tmp_path / "c.pth")
    encoder = Encoder.load(tmp_path / "c.pth")
    assert not encoder.training
    assert encoder.embed(random_images(1)).shape == (1, 512)


@pytest.mark.parametrize(
    "wrap",
    [
        lambda state: state,
        lambda state: prefixed(state, "backbone."),
        lambda state: prefixed(state, "module._orig_mod.encoder."),
        lambda state: {"state_dict": prefixed(state, "model.backbone."), "epoch": 3},
        lambda state: {"model_state_dict": state | {"fc.weight": torch.zeros(7, 512)}},
    ],
)
def test_the_usual_wrappers(network, tmp_path, wrap):
    torch.save(wrap(network.state_dict()), tmp_path / "c.ckpt")
    state = import_checkpoint(tmp_path / "c.ckpt").backbone.state_dict()
    assert all(torch.equal(x, state[name]) for name, x in network.state_dict().items())


def test_lightnings_own_checkpoint(network, tmp_path):
    import pytorch_lightning as lightning

    class Module(lightning.LightningModule):
        def __init__(self, width: int) -> None:
            super().__init__()
            self.save_hyperparameters()
            self.backbone, self.head = network, torch.nn.Linear(512, width)

    module = Module(4)
    trainer = lightning.Trainer(logger=False, enable_checkpointing=False, accelerator="cpu")
    trainer.strategy.connect(module)
    trainer.save_checkpoint(tmp_path / "c.ckpt")
    found = import_checkpoint(tmp_path / "c.ckpt")
    assert (found.prefix, found.left_out) == ("backbone.", ("head.weight", "head.bias"))


def test_safetensors_are_read_too(network, tmp_path):
    save_file(prefixed(network.state_dict(), "encoder."), tmp_path / "c.safetensors")
    assert import_checkpoint(tmp_path / "c.safetensors").prefix == "encoder."


def test_another_architecture(tmp_path):
    torch.manual_seed(0)
    vit = build_backbone("timm/vit_tiny_patch16_224")
    torch.save({"state_dict": prefixed(vit.state_dict(), "module.")}, tmp_path / "c.pth")
    found = import_checkpoint(tmp_path / "c.pth", backbone="timm/vit_tiny_patch16_224")
    assert found.prefix == "module."


def test_of_two_encoders_the_first_is_taken_and_the_other_left_out(network, tmp_path):
    state = network.state_dict()
    other = {name: x + 1 for name, x in state.items()}
    torch.save(prefixed(state, "encoder_q.") | prefixed(other, "encoder_k."), tmp_path / "c.pth")
    found = import_checkpoint(tmp_path / "c.pth")
    assert found.prefix == "encoder_q."
    assert "encoder_k.conv1.weight" in found.left_out


def test_missing_and_unexpected_names_are_listed(network, tmp_path):
    state = prefixed(network.state_dict(), "encoder.")
    del state["encoder.layer1.0.conv1.weight"]
    state["encoder.layer1.0.gate.weight"] = torch.zeros(1)
    torch.save({"model": state}, tmp_path / "c.pth")
    with pytest.raises(InputError) as caught:
        import_checkpoint(tmp_path / "c.pth")
    message = str(caught.value)
    assert "missing: layer1.0.conv1.weight; unexpected: layer1.0.gate.weight" in message
    assert "under 'encoder.' for resnet18" in message


def test_another_stem(tmp_path):
    torch.manual_seed(0)
    small = build_backbone("resnet18", small_input_stem=True)
    torch.save(small.state_dict(), tmp_path / "c.pth")
    with pytest.raises(InputError, match=r"conv1.weight \[64, 3, 3, 3\] instead of"):
        import_checkpoint(tmp_path / "c.pth")
    encoder = imported(tmp_path / "c.pth", small_input_stem=True)
    encoder.save(tmp_path / "e.safetensors")
    assert Encoder.load(tmp_path / "e.safetensors").digest() == encoder.digest()


def test_bgr_gives_for_rgb_images_what_the_network_gave_for_bgr_ones(network, tmp_path):
    torch.save(network.state_dict(), tmp_path / "c.pth")
    images = random_images(3, 32, 32)
    read_as_bgr = images.flip(1).float() / 255
    mean, std = (torch.tensor(x).view(3, 1, 1) for x in (IMAGENET_MEAN, IMAGENET_STD))
    with torch.no_grad():
        expected = network((read_as_bgr - mean) / std)
    turned = imported(tmp_path / "c.pth", bgr=True).embed(images)
    torch.testing.assert_close(turned, expected, atol=1e-4, rtol=1e-4)
    plain = imported(tmp_path / "c.pth").embed(images)
    assert not torch.allclose(plain, turned, atol=1e-2)
    assert F.cosine_similarity(plain, turned).min() > 0.5  # which is why no error tells


class Evil:
    def __reduce__(self):
        return pathlib.Path.touch, (pathlib.Path("touched"),)


def test_code_in_a_checkpoint_is_never_run(network, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    torch.save({"model": network.state_dict(), "callback": Evil()}, "c.pth")
    with pytest.raises(InputError, match=r"holds more than weights \(\S+\), which is not read"):
        import_checkpoint("c.pth")
    assert not (tmp_path / "touched").exists()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "cut short"),
        (b"no checkpoint at all", "no checkpoint, or it was cut short$"),
        (b"hello", "no checkpoint, or it was cut short$"),
        ({"epoch": 3, "model": {}}, "holds no weights by name.* found: epoch, model"),
        (torch.zeros(3), "found: Tensor"),
    ],
)
def test_files_that_hold_no_weights(tmp_path, content, message):
    path = tmp_path / "c.pth"
    path.write_bytes(content) if isinstance(content, bytes) else torch.save(content, path)
    with pytest.raises(InputError, match=message) as caught:
        Encoder.load(path)
    assert str(path) in str(caught.value)


def test_an_encoder_of_ours_needs_no_import(network, tmp_path):
    path = tmp_path / "e.safetensors"
    info = EncoderInfo("resnet18", {}, 48, (0.5,) * 3, (0.2,) * 3, 512)
    Encoder(network, info).save(path)
    with pytest.raises(InputError, match=r"e\.safetensors is an encoder of crs_plugin already"):
        import_checkpoint(path)


def test_a_checkpoint_cut_short(network, tmp_path):
    path = tmp_path / "c.pth"
    torch.save(network.state_dict(), path)
    path.write_bytes(path.read_bytes()[:100_000])
    with pytest.raises(InputError, match="cut short"):
        import_checkpoint(path)
    with pytest.raises(InputError, match="no checkpoint"):
        import_checkpoint(tmp_path / "none.pth")
