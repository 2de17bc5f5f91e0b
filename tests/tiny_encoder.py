"""Encoders so small that exporting one takes seconds."""

from functools import partial

import torch
from torch import nn

from crs_plugin.models import Classifier, Encoder, EncoderInfo, build_backbone
from crs_plugin.registry import register

SIZE = 16
MEAN, STD = (0.4, 0.5, 0.6), (0.2, 0.3, 0.25)


@register("backbone", "tiny_for_tests")
class TinyBackbone(nn.Sequential):
    """A convolution and a pool.

    Args:
        width: Of the features.
    """

    def __init__(self, *, width: int = 6) -> None:
        super().__init__(
            nn.Conv2d(3, width, 3, stride=2),
            nn.BatchNorm2d(width),
            nn.ReLU(),
            nn.AdaptiveAvgPool2d(1),
            nn.Flatten(),
        )
        self.feature_dim = width


def tiny_encoder(seed: int = 0, width: int = 6) -> Encoder:
    torch.manual_seed(seed)
    backbone = build_backbone("tiny_for_tests", width=width)
    info = EncoderInfo("tiny_for_tests", {"width": width}, SIZE, MEAN, STD, width, {"data": "none"})
    return Encoder(backbone, info).eval()


def classifier_for(encoder: Encoder, names=("neutral", "happiness", "anger"), seed=0) -> Classifier:
    normal = partial(torch.randn, generator=torch.Generator().manual_seed(seed))
    width = encoder.info.feature_dim
    return Classifier(normal(len(names), width), normal(len(names)), names, encoder.digest())


def random_images(number: int, height: int = 20, width: int = 18) -> torch.Tensor:
    generator = torch.Generator().manual_seed(number)
    shape = (number, 3, height, width)
    return torch.randint(256, shape, dtype=torch.uint8, generator=generator)
