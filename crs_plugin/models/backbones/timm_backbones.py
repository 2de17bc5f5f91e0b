"""Timm's models as backbones: ``timm/NAME``."""

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import torch
from torch import nn

from crs_plugin.errors import InputError
from crs_plugin.models.downloads import told_downloads
from crs_plugin.models.stem import use_small_input_stem
from crs_plugin.models.weights import absent_prefixes, load_weights, names_a_file
from crs_plugin.registry import MissingExtraError, RefusedComponentError, register_family

_CLASSIFIERS = ("fc.", "classifier.", "head.", "head.fc.")


@register_family("backbone", "timm/", "timm")
class TimmBackbones:
    """Every model that the installed timm knows."""

    def names(self) -> Sequence[str]:
        """Return timm's names.

        Raises:
            MissingExtraError: If timm is not installed.
        """
        names: list[str] = _timm("").list_models()
        return names

    def find(self, name: str) -> Callable[..., nn.Module] | None:
        """Return what builds the model of that name (a weights tag after a dot is allowed).

        Raises:
            MissingExtraError: If timm is not installed.
            RefusedComponentError: If the model has no weights of that tag.
        """
        timm = _timm(name)
        model, _, tag = name.partition(".")
        if not timm.is_model(model):
            return None
        known = timm.list_pretrained(f"{model}.*")
        if tag and name not in known:
            tags = ", ".join(each.partition(".")[2] for each in known)
            raise RefusedComponentError(
                f"timm has no weights {tag!r} of {model}; it has {tags or 'none'}"
            )
        return partial(timm_backbone, name)


def timm_backbone(
    name: str,
    /,
    *,
    weights: str | Path | None = None,
    small_input_stem: bool = False,
    channels_last: bool = False,
) -> nn.Module:
    """A timm model without its classifier: images [B, 3, S, S] → features [B, F].

    The feature width F is found out and stands in the attribute ``feature_dim``. Nothing is
    downloaded unless ``weights: DEFAULT`` asks for it.

    Args:
        name: Timm's name of the model.
        weights: None (random), DEFAULT (timm's pretrained weights of that name, downloaded on first
            use), or the path of a file: .safetensors, .pth or .pt.
        small_input_stem: For 32–64 px images: a ResNet's stem becomes a 3×3 convolution of stride 1
            without max-pool. With timm's weights this layer alone starts at random.
        channels_last: Keep the weights in the channels-last memory format, which is faster on many
            machines.

    Raises:
        InputError: If the weights do not exist, cannot be downloaded or do not fit, or the model
            has no such stem.
    """
    timm = _timm(name)
    weights = None if weights is None else str(weights)
    from_file = weights is not None and names_a_file(weights)
    if weights is not None and not from_file and weights != "DEFAULT":
        raise InputError(
            f"timm/{name} has no weights {weights!r}: give DEFAULT, a file that ends in"
            " .safetensors, .pth or .pt, or leave it out; timm's tags stand in the name"
            f" (timm/{name.partition('.')[0]}.TAG)"
        )
    network: nn.Module
    if weights == "DEFAULT":
        with told_downloads(f"timm's weights of {name}"):
            network = timm.create_model(name, pretrained=True, num_classes=0)
    else:
        network = timm.create_model(name, pretrained=False, num_classes=0)
    if small_input_stem:
        use_small_input_stem(network, f"timm/{name}")
    if weights is not None and from_file:
        load_weights(network, Path(weights), ignored=absent_prefixes(network, _CLASSIFIERS))
    if channels_last:
        network = network.to(memory_format=torch.channels_last)
    # num_features is the width before a head that may widen it
    width = getattr(network, "head_hidden_size", None) or getattr(network, "num_features", None)
    setattr(network, "feature_dim", width)  # noqa: B010
    return network


def _timm(name: str) -> Any:
    try:
        import timm
    except ImportError as error:
        raise MissingExtraError(f"timm/{name}", "timm") from error
    return timm
