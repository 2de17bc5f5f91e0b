"""An encoder of whatever kind, by what a person types."""

import os
from pathlib import Path
from typing import Any, TypeAlias

from crs_plugin.errors import InputError
from crs_plugin.models.build_backbone import build_backbone
from crs_plugin.models.checkpoint_import import CHECKPOINT_SUFFIXES
from crs_plugin.models.encoder import Encoder
from crs_plugin.models.encoder_file import ENCODER_FILE
from crs_plugin.models.encoder_info import EncoderInfo
from crs_plugin.models.fastest_device import fastest_device
from crs_plugin.models.onnx_encoder import OnnxEncoder
from crs_plugin.models.weights import names_a_file
from crs_plugin.normalisation import IMAGENET_MEAN, IMAGENET_STD

AnyEncoder: TypeAlias = Encoder | OnnxEncoder
"""Has ``info``, ``embed``, ``predict`` and ``digest``."""

_TOOLKITS = ("torchvision/", "timm/")

_TAKEN = (
    "our .safetensors file, a run's folder, a checkpoint (.pth, .pt, .ckpt), an .onnx file, or"
    " torchvision/NAME:WEIGHTS or timm/NAME:WEIGHTS, where WEIGHTS is a file, or DEFAULT to"
    " download the toolkit's own"
)
"""What ``open_encoder`` takes, in words."""


def open_encoder(text: str | Path) -> AnyEncoder:
    """Return the encoder that a text means, on a GPU if there is one (ONNX: on the CPU).

    Args:
        text: One of

            - ``runs/x/encoder.safetensors``, or ``runs/x``: an encoder of ours;
            - ``checkpoint.pth`` (``.pt``, ``.ckpt``): a ResNet-18 for RGB images of 224 px, such as
              the released code saves; ``crs import`` turns others into encoders of ours;
            - ``torchvision/resnet18:weights.pth``, ``timm/resnet18:weights.safetensors``: a model
              of that toolkit with weights from a file, for RGB images of 224 px with ImageNet's
              normalisation;
            - ``torchvision/resnet18:DEFAULT``, ``timm/resnet18.a1_in1k:DEFAULT``: with the
              toolkit's own weights (downloaded on first use), input size and normalisation;
            - ``encoder.onnx``.

    Raises:
        InputError: If there is no such encoder, or it cannot be used; the message says why.
        RegistryError: If there is no model of that name, or it needs an extra.
    """
    opened = _opened(str(text))
    return opened.to(fastest_device()) if isinstance(opened, Encoder) else opened


def _opened(text: str) -> AnyEncoder:
    path = Path(os.path.expanduser(text))
    if text.startswith(_TOOLKITS) and not path.exists():
        return _of_toolkit(text)
    suffix = path.suffix.lower()
    if suffix == ".onnx":
        return OnnxEncoder(path)
    of_run = (path / ENCODER_FILE).is_file()
    if of_run or suffix == ".safetensors" or suffix in CHECKPOINT_SUFFIXES:
        return Encoder.load(path)
    if path.is_dir():
        raise InputError(f"folder {text} has no {ENCODER_FILE}; an encoder is {_TAKEN}")
    there = "is no encoder" if path.exists() else "does not exist"
    raise InputError(f"{text} {there}; an encoder is {_TAKEN}")


def _of_toolkit(text: str) -> Encoder:
    model, _, weights = text.partition(":")
    if not weights:
        raise InputError(
            f"{text} names no weights, and random ones would be evaluated as if they had learnt:"
            f" give {text}:FILE, or {text}:DEFAULT to download the toolkit's own"
        )
    if names_a_file(weights):
        weights = os.path.expanduser(weights)
    name = model.removeprefix("torchvision/")
    backbone: Any = build_backbone(name, weights=weights)
    size, mean, std = _own_preprocessing(name, weights, backbone)
    info = EncoderInfo(
        backbone=name,
        backbone_options={},
        input_size=size,
        mean=mean,
        std=std,
        feature_dim=backbone.feature_dim,
        seen={"imported_from": text},
    )
    return Encoder(backbone, info).eval()


def _own_preprocessing(
    name: str, weights: str, backbone: Any
) -> tuple[int, tuple[float, float, float], tuple[float, float, float]]:
    """Return input size, mean and standard deviation of a toolkit's own weights."""
    if names_a_file(weights):
        return 224, IMAGENET_MEAN, IMAGENET_STD
    if name.startswith("timm/"):
        known = backbone.pretrained_cfg
        return known["input_size"][-1], tuple(known["mean"]), tuple(known["std"])
    from torchvision.models import get_model_weights

    transforms: Any = get_model_weights(name)[weights].transforms()
    return transforms.crop_size[0], tuple(transforms.mean), tuple(transforms.std)
