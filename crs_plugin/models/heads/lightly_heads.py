"""Lightly's projection heads, by name."""

import inspect
from collections.abc import Callable, Sequence
from typing import Any

from crs_plugin.registry import RefusedComponentError, register_family


@register_family("head", "lightly/", "lightly")
class LightlyHeads:
    """Projection heads of ``lightly.models.modules.heads``: [B, input_dim] → [B, output_dim]."""

    def names(self) -> Sequence[str]:
        """Return the names of the heads that fit."""
        return [name for name, part in _heads().items() if _reason(name, part) is None]

    def find(self, name: str) -> Callable[..., Any] | None:
        """Return the class of that name.

        Raises:
            RefusedComponentError: If Lightly has it but it does not fit; the message says why.
        """
        part = _heads().get(name)
        if part is None:
            return None
        reason = _reason(name, part)
        if reason is not None:
            raise RefusedComponentError(f"lightly/{name} does not fit here: {reason}")
        return part


def _heads() -> dict[str, type]:
    from lightly.models.modules import heads

    return {
        name: part
        for name, part in vars(heads).items()
        if inspect.isclass(part) and part.__module__ == heads.__name__
    }


def _reason(name: str, part: type) -> str | None:
    """Say why a head does not fit, or None where it does."""
    if "Prototypes" in name:
        return "prototypes belong to a method that clusters, and its loss is not here either"
    if "Prediction" in name:
        return "a prediction head follows a projection head and needs a target network"
    if "Local" in name:
        return "it is for feature maps, a vector at each place, and here flows one vector an image"
    options = inspect.signature(part).parameters
    if not {"input_dim", "output_dim"} <= options.keys():
        return "it does not map [B, input_dim] to [B, output_dim]; 'mlp' is the free form of it"
    return None
