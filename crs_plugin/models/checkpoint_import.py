"""Encoders from other programs' checkpoints, among them those of the released code."""

import os
import re
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from crs_plugin.errors import InputError
from crs_plugin.models.build_backbone import build_backbone
from crs_plugin.models.encoder_file import ENCODER_FILE, is_encoder_file
from crs_plugin.models.encoder_info import EncoderInfo
from crs_plugin.models.tensor_file import read_tensor_file
from crs_plugin.models.weights import absent_prefixes, fit_weights
from crs_plugin.normalisation import IMAGENET_MEAN, IMAGENET_STD

CHECKPOINT_SUFFIXES = (".pth", ".pt", ".ckpt", ".tar", ".bin")
"""How the names of torch's own files end."""

_STATE_KEYS = ("model", "state_dict", "model_state_dict", "network", "net", "encoder", "backbone")
_CLASSIFIERS = ("fc.", "classifier.", "head.", "heads.", "aux", "AuxLogits.")
_SHORTCUT = re.compile(r"(^|\.)shortcut\.(\d)")


@dataclass(frozen=True)
class ImportedCheckpoint:
    """What a checkpoint gave.

    Attributes:
        backbone: The network with the checkpoint's weights.
        info: Its description.
        prefix: What stood before the names of the encoder's weights, such as ``module.encoder.``.
        left_out: Names of tensors in the checkpoint that are no part of the encoder (heads, the
            classifier), in their order.
    """

    backbone: nn.Module
    info: EncoderInfo
    prefix: str
    left_out: tuple[str, ...]


def import_checkpoint(
    path: str | Path,
    *,
    backbone: str = "resnet18",
    input_size: int = 224,
    small_input_stem: bool = False,
    bgr: bool = False,
) -> ImportedCheckpoint:
    """Read the weights of a stock backbone out of a checkpoint.

    The checkpoint is a ``.safetensors`` file or one of torch's own, read with
    ``weights_only=True``, so that no code in it is ever run: a state dict, or a dict with one under
    ``model`` (the released code of CRS-CONT), ``state_dict`` (Lightning) or the like. Prefixes of
    wrappers (``module.``, ``encoder.``, ``backbone.`` …) are found by themselves: those below which
    most of the backbone's names stand. Shortcuts called ``shortcut.0`` are ``downsample.0``.

    A checkpoint does not say in which order of channels its images were read. OpenCV reads BGR, and
    code that forgets to turn it round trains a network without any sign of it: the normalisation of
    red is applied to blue. If such a network is given RGB images, no error tells, only the features
    are somewhat worse. With ``bgr`` the first convolution's weights and the normalisation are
    turned round here, so that the encoder takes RGB images as all others do and gives what the
    network gave for BGR ones. Leave it false for the pre-training of the released code, whose
    images are RGB; its linear evaluation reads BGR, so a network fine-tuned there needs it.

    Args:
        path: The checkpoint.
        backbone: Name of its architecture, such as ``resnet18`` or ``timm/resnet18``.
        input_size: Side in pixels of the square images that it was trained on.
        small_input_stem: Whether its stem is a 3×3 convolution of stride 1 without max-pool.
        bgr: Whether it was trained on BGR images with the statistics of RGB ones.

    Raises:
        InputError: If the file cannot be read, is an encoder of ours, holds no weights, or its
            names or shapes are not the backbone's; the message lists them.
        RegistryError: If there is no backbone of that name.
    """
    path = Path(os.path.expanduser(path))
    if is_encoder_file(path):
        raise InputError(
            f"{path} is an encoder of crs_plugin already, and knows its input size and"
            " normalisation: use it as it is"
        )
    content = read_tensor_file(path, "checkpoint")
    state = _state_dict(content, path)
    options: dict[str, Any] = {"small_input_stem": True} if small_input_stem else {}
    network = build_backbone(backbone, **options)
    prefix = _prefix(state, network.state_dict())
    kept, left_out = _divided(state, prefix, network)
    fit_weights(network, kept, f"{path}{f' under {prefix!r}' if prefix else ''} for {backbone}")
    mean, std = IMAGENET_MEAN, IMAGENET_STD
    if bgr:
        _turn_channels(network, backbone)
        mean, std = mean[::-1], std[::-1]
    width: Any = network.feature_dim
    info = EncoderInfo(
        backbone=backbone,
        backbone_options=options,
        input_size=input_size,
        mean=mean,
        std=std,
        feature_dim=width,
        seen=_origin(content, path, bgr),
    )
    return ImportedCheckpoint(network, info, prefix, tuple(left_out))


def refuse_checkpoint_of_run(path: Path) -> None:
    """Refuse what a run of ours resumes from: it does not say what size its images have.

    Raises:
        InputError: If it is such a checkpoint, by where it lies.
    """
    folder = path.absolute().parent
    run = folder.parent
    if folder.name != "checkpoints" or not (run / "recipe.yaml").is_file():
        return
    remedy = (
        f"give {run}, whose encoder does"
        if (run / ENCODER_FILE).is_file()
        else "finish the run, or make an encoder of it with crs import"
        f" {shlex.quote(str(path))} --input-size N --output encoder.safetensors"
    )
    raise InputError(
        f"{path} is what a run resumes from, and does not say what its images were like; {remedy}"
    )


def _state_dict(content: object, path: Path) -> dict[str, Tensor]:
    """Return the tensors by name, from wherever in the checkpoint they are."""
    if isinstance(content, Mapping):
        for key in _STATE_KEYS:
            inner = content.get(key)
            if isinstance(inner, Mapping) and _tensors(inner):
                return _tensors(inner)
        if _tensors(content):
            return _tensors(content)
    found = ", ".join(map(str, content)) if isinstance(content, Mapping) else type(content).__name__
    raise InputError(
        f"{path} holds no weights by name, neither at its top nor under {', '.join(_STATE_KEYS)};"
        f" found: {found or 'nothing'}"
    )


def _tensors(content: Mapping[Any, Any]) -> dict[str, Tensor]:
    return {str(name): x for name, x in content.items() if isinstance(x, Tensor)}


def _renamed(name: str) -> str:
    return _SHORTCUT.sub(r"\1downsample.\2", name)


def _prefix(state: Mapping[str, Tensor], own: Mapping[str, Tensor]) -> str:
    """Return the prefix below which most of the network's own names stand; of equals, the first."""
    names = {_renamed(name): None for name in state}
    candidates = dict.fromkeys(prefix for name in names for prefix in _prefixes(name))
    return max(candidates, key=lambda prefix: sum(prefix + name in names for name in own))


def _prefixes(name: str) -> Iterator[str]:
    parts = name.split(".")
    for length in range(len(parts)):
        yield "".join(f"{part}." for part in parts[:length])


def _divided(
    state: Mapping[str, Tensor], prefix: str, network: nn.Module
) -> tuple[dict[str, Tensor], list[str]]:
    """Return the encoder's tensors by the network's names, and the names of the others."""
    classifiers = absent_prefixes(network, _CLASSIFIERS)
    kept: dict[str, Tensor] = {}
    left_out = []
    for name, tensor in state.items():
        inner = _renamed(name).removeprefix(prefix)
        if not _renamed(name).startswith(prefix) or inner.startswith(classifiers):
            left_out.append(name)
        else:
            kept[inner] = tensor
    return kept, left_out


def _turn_channels(network: nn.Module, name: str) -> None:
    """Make a network for BGR images one for RGB images."""
    for layer in network.modules():
        if isinstance(layer, nn.Conv2d):
            if layer.in_channels != 3 or layer.groups != 1:
                break
            with torch.no_grad():
                layer.weight.copy_(layer.weight.flip(1))
            return
    raise InputError(f"{name} does not begin with a convolution of three channels: bgr cannot be")


def _origin(content: object, path: Path, bgr: bool) -> dict[str, Any]:
    seen: dict[str, Any] = {"imported_from": path.name}
    if isinstance(content, Mapping) and isinstance(content.get("epoch"), int):
        seen["epochs"] = content["epoch"]
    if bgr:
        seen["channels_before"] = "BGR"
    return seen
