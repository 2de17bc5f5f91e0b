"""A backbone by its registered name."""

from typing import Any

from torch import nn

from crs_plugin.registry import registry


def build_backbone(name: str, **options: Any) -> nn.Module:
    """Build a backbone: images [B, 3, S, S] → features [B, F], F in its ``feature_dim``.

    Args:
        name: Any torchvision classification model, ``timm/NAME``, or a registered one.
        options: Its options: ``weights``, ``small_input_stem``, ``channels_last`` and its own.

    Raises:
        RegistryError: If there is no backbone of that name, or it needs an extra.
        InputError: If an option does not fit it.
    """
    backbone: nn.Module = registry.get("backbone", name).target(**options)
    return backbone
