"""A linear classifier on an encoder's features, as one artefact beside the encoder."""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from crs_plugin import __version__
from crs_plugin.errors import InputError
from crs_plugin.models.described_file import (
    read_described_file,
    read_description,
    write_described_file,
)

FORMAT_VERSION = 1
"""Version of the classifier's file; raised when an older reader could no longer read it."""

_KEY = "crs_plugin.classifier"


@dataclass(frozen=True, eq=False)
class Classifier:
    """Multinomial logistic regression on raw features: softmax(features · weightᵀ + bias).

    Whatever standardisation the features had in training is folded into weight and bias.

    Attributes:
        weight: float32 ``[C, F]``.
        bias: float32 ``[C]``; minus infinity for a class that training never had.
        class_names: The C classes, in the order of the rows of ``weight``.
        encoder: Digest of the encoder whose features it was trained on (``Encoder.digest``).
        trained_on: What it was trained on: data, number of images; whatever JSON can hold.
        crs_plugin_version: Version of this package that made it.

    Raises:
        InputError: If shapes and number of names differ, a name comes twice, or numbers are not
            finite.
    """

    weight: Tensor
    bias: Tensor
    class_names: tuple[str, ...]
    encoder: str
    trained_on: Mapping[str, Any] = field(default_factory=dict)
    crs_plugin_version: str = __version__

    def __post_init__(self) -> None:
        names = tuple(self.class_names)
        object.__setattr__(self, "class_names", names)
        object.__setattr__(self, "weight", self.weight.detach().to("cpu", torch.float32))
        object.__setattr__(self, "bias", self.bias.detach().to("cpu", torch.float32))
        shapes = list(self.weight.shape), list(self.bias.shape)
        if self.weight.dim() != 2 or shapes[0][0] != len(names) or shapes[1] != [len(names)]:
            raise InputError(
                f"a classifier of {len(names)} classes needs weight [{len(names)}, F] and bias"
                f" [{len(names)}]; found {shapes[0]} and {shapes[1]}"
            )
        if (
            len(names) < 2
            or len(set(names)) < len(names)
            or not all(isinstance(name, str) for name in names)
        ):
            raise InputError(f"a classifier needs two or more different classes; found {names}")
        if not self.weight.isfinite().all() or not (self.bias < torch.inf).all():
            raise InputError("the classifier's weights are not finite: its training diverged")

    @property
    def feature_dim(self) -> int:
        """Width F of the features it takes."""
        return self.weight.shape[1]

    def __call__(self, features: Tensor) -> Tensor:
        """Return the probabilities of the classes, float32 ``[N, C]`` on the CPU.

        Args:
            features: ``[N, F]``, as ``Encoder.embed`` gives them.

        Raises:
            InputError: If they have another width, or are not finite.
        """
        if features.dim() != 2 or features.shape[1] != self.feature_dim:
            raise InputError(
                f"the classifier takes features [N, {self.feature_dim}]; found"
                f" {list(features.shape)}: they are those of another encoder"
            )
        features = features.detach().to("cpu", torch.float32)
        broken = int((~features.isfinite()).any(dim=1).sum())
        if broken:
            raise InputError(
                f"the features of {broken:,} of {len(features):,} images are not finite: the"
                " encoder's weights have diverged"
            )
        return torch.softmax(features @ self.weight.T + self.bias, dim=1)

    def save(self, path: str | Path) -> None:
        """Write weights and description to one ``.safetensors`` file, atomically.

        Raises:
            InputError: If the file cannot be written there.
        """
        description = {
            "class_names": list(self.class_names),
            "encoder": self.encoder,
            "trained_on": dict(self.trained_on),
            "crs_plugin_version": self.crs_plugin_version,
            "format_version": FORMAT_VERSION,
        }
        tensors = {"weight": self.weight, "bias": self.bias}
        text = json.dumps(description, sort_keys=True)
        write_described_file(Path(os.path.expanduser(path)), tensors, _KEY, text)

    @classmethod
    def load(cls, path: str | Path) -> "Classifier":
        """Return the classifier in a file.

        Raises:
            InputError: If there is no such file, it is cut short or damaged, it is no classifier,
                or it is of a newer format.
        """
        path = Path(os.path.expanduser(path))
        tensors, text = read_described_file(path, _KEY)
        entries = read_description(text, str(path), FORMAT_VERSION)
        try:
            return cls(
                weight=tensors["weight"],
                bias=tensors["bias"],
                class_names=tuple(entries["class_names"]),
                encoder=entries["encoder"],
                trained_on=entries["trained_on"],
                crs_plugin_version=entries["crs_plugin_version"],
            )
        except KeyError as error:
            raise InputError(f"{path} is damaged: it lacks {error}") from None
        except InputError as error:
            raise InputError(f"{path} is damaged: {error}") from None


def fitting_classifier(
    classifier: Classifier | str | Path, digest: str, feature_dim: int
) -> Classifier:
    """Return a classifier, from its file if need be, that was trained on an encoder's features.

    Args:
        classifier: The classifier, or its file.
        digest: The encoder's digest.
        feature_dim: Width of its features.

    Raises:
        InputError: If the file cannot be used, or the classifier belongs to another encoder.
    """
    source = "the classifier"
    if not isinstance(classifier, Classifier):
        source, classifier = f"classifier {classifier}", Classifier.load(classifier)
    if feature_dim != classifier.feature_dim:
        raise InputError(
            f"{source} takes {classifier.feature_dim} features an image, and the encoder gives"
            f" {feature_dim}: it was trained on another encoder"
        )
    if digest != classifier.encoder:
        raise InputError(
            f"{source} was trained on the encoder {classifier.encoder[:12]}…, and this one is"
            f" {digest[:12]}…, whose features mean something else: take the classifier that lies"
            " beside this encoder, or train one on its features"
        )
    return classifier
