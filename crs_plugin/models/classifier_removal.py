"""Taking the classifier off a classification network."""

from dataclasses import dataclass

from torch import nn

_PLACES = ("fc", "classifier", "heads", "head")  # where torchvision's models keep it


@dataclass(frozen=True)
class RemovedClassifier:
    """What was taken off.

    Attributes:
        path: Dotted name of the layer, such as ``classifier.6``.
        feature_dim: Width of what flowed into it.
    """

    path: str
    feature_dim: int


def remove_classifier(network: nn.Module) -> RemovedClassifier:
    """Replace the last linear (or 1×1 convolution) layer of the classifier by the identity.

    Layers in front of it stay (a norm, a hidden layer), so that the network returns what the
    classifier saw.

    Raises:
        ValueError: If no classifier is found under the usual names.
    """
    for place in _PLACES:
        head = getattr(network, place, None)
        if not isinstance(head, nn.Module):
            continue
        layers = [
            (name, layer)
            for name, layer in head.named_modules(prefix=place)
            if isinstance(layer, nn.Linear | nn.Conv2d)
        ]
        if layers:
            path, last = layers[-1]
            width = last.in_features if isinstance(last, nn.Linear) else last.in_channels
            parent, _, attribute = path.rpartition(".")
            setattr(network.get_submodule(parent), attribute, nn.Identity())
            return RemovedClassifier(path, width)
    raise ValueError(f"{type(network).__name__} has no classifier under {', '.join(_PLACES)}")
