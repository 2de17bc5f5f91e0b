"""Torchvision's classification models as backbones, by their own names."""

import functools
import importlib.util
import re
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import torch
from torch import nn

from crs_plugin.errors import InputError
from crs_plugin.models.classifier_removal import remove_classifier
from crs_plugin.models.downloads import told_downloads
from crs_plugin.models.stem import use_small_input_stem
from crs_plugin.models.weights import load_weights, names_a_file
from crs_plugin.registry import register_family

# Both have auxiliary classifiers, take images in [-1, 1] (converted inside from ImageNet's
# normalisation) and ask to be told how to initialise.
_INCEPTIONS = ("googlenet", "inception_v3")

_DECLARATION = re.compile(r"^@register_model\(\)\n(?:@.*\n)*def (\w+)\(", re.MULTILINE)


@register_family("backbone", "", "torchvision")
class TorchvisionBackbones:
    """Every classification model of ``torchvision.models``."""

    def names(self) -> Sequence[str]:
        """Return the names that torchvision gives its models."""
        import torchvision

        names: list[str] = torchvision.models.list_models(module=torchvision.models)
        return names

    def find(self, name: str) -> Callable[..., nn.Module] | None:
        """Return what builds the model of that name, or None.

        Torchvision takes a second to import, so that its own text is asked first.
        """
        known = name in _declared_models() or name in self.names()
        return partial(torchvision_backbone, name) if known else None


@functools.cache
def _declared_models() -> frozenset[str]:
    """Return the names of the models that the files of ``torchvision.models`` say they register."""
    found = importlib.util.find_spec("torchvision")
    folders = found.submodule_search_locations if found else None
    texts = [
        file.read_text(encoding="utf-8")
        for folder in folders or ()
        for file in Path(folder, "models").glob("*.py")
    ]
    return frozenset(name for text in texts for name in _DECLARATION.findall(text))


def torchvision_backbone(
    name: str,
    /,
    *,
    weights: str | Path | None = None,
    small_input_stem: bool = False,
    channels_last: bool = False,
) -> nn.Module:
    """A torchvision model without its classifier: images [B, 3, S, S] → features [B, F].

    The feature width F is found out and stands in the attribute ``feature_dim``. Names of the
    weights are torchvision's own.

    Args:
        name: Torchvision's name of the model.
        weights: None (random), a name of torchvision's weights such as DEFAULT or IMAGENET1K_V1
            (downloaded on first use), or the path of a file: .safetensors, .pth or .pt.
        small_input_stem: For 32–64 px images: a ResNet's stem becomes a 3×3 convolution of stride 1
            without max-pool. With torchvision's weights this layer alone starts at random.
        channels_last: Keep the weights in the channels-last memory format, which is faster on many
            machines.

    Raises:
        InputError: If the weights do not exist, cannot be downloaded or do not fit, or the model
            has no such stem.
    """
    weights = None if weights is None else str(weights)
    from_file = weights is not None and names_a_file(weights)
    network = _classification_model(name, None if from_file else weights)
    removed = remove_classifier(network)
    if small_input_stem:
        use_small_input_stem(network, name)
    if weights is not None and from_file:
        load_weights(network, Path(weights), ignored=(f"{removed.path}.", "aux", "AuxLogits."))
    if channels_last:
        network = network.to(memory_format=torch.channels_last)
    setattr(network, "feature_dim", removed.feature_dim)  # noqa: B010
    return network


def _classification_model(name: str, weights: str | None) -> nn.Module:
    from torchvision.models import get_model, get_model_weights

    known = [entry.name for entry in get_model_weights(name)]
    if weights is not None and weights not in (*known, "DEFAULT"):
        raise InputError(
            f"torchvision has no weights {weights!r} for {name}; it has DEFAULT, "
            f"{', '.join(known)}; a file would end in .safetensors, .pth or .pt"
        )
    options: dict[str, Any] = {}
    if name in _INCEPTIONS:
        options = {"transform_input": True} | ({} if weights else {"init_weights": True})
    network: nn.Module
    if weights is None:
        network = get_model(name, weights=None, **options)
    else:
        with told_downloads(f"torchvision's weights {weights} of {name}"):
            network = get_model(name, weights=weights, **options)
    if name in _INCEPTIONS:
        setattr(network, "aux_logits", False)  # noqa: B010
        for auxiliary in ("aux1", "aux2", "AuxLogits"):
            if hasattr(network, auxiliary):
                setattr(network, auxiliary, None)
    return network
