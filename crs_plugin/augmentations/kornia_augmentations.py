"""Kornia's own augmentations, by name, as steps of a two-view augmentation."""

import inspect
from collections.abc import Callable, Sequence
from typing import Any

from crs_plugin.registry import RefusedComponentError, register_family


@register_family("augmentation", "kornia/", "kornia")
class KorniaAugmentations:
    """Kornia's 2D augmentations of one image at a time; they are listed under ``then:``."""

    def names(self) -> Sequence[str]:
        """Return the names of the augmentations that fit."""
        augmentation = _kornia_augmentation()
        return [name for name in augmentation.__all__ if self._reason(name) is None]

    def find(self, name: str) -> Callable[..., Any] | None:
        """Return the class of that name.

        Raises:
            RefusedComponentError: If Kornia has it but it does not fit; the message says why.
        """
        augmentation = _kornia_augmentation()
        if name not in augmentation.__all__:
            return None
        reason = self._reason(name)
        if reason is not None:
            raise RefusedComponentError(f"kornia/{name} does not fit here: {reason}")
        part: Callable[..., Any] = getattr(augmentation, name)
        return part

    def _reason(self, name: str) -> str | None:
        """Say why the part does not fit, or None where it does."""
        augmentation = _kornia_augmentation()
        part = getattr(augmentation, name)
        if not inspect.isclass(part):
            return "it is no augmentation but a module of them"
        if issubclass(part, augmentation.MixAugmentationBaseV2):
            return "it mixes several images, which then have no single label"
        if issubclass(part, augmentation.AugmentationBase3D):
            return "it is for volumes [B, C, D, H, W], not for images"
        if "Video" in name:
            return "it is for videos [B, C, T, H, W], not for images"
        if not issubclass(part, augmentation.AugmentationBase2D):
            return "it holds other augmentations; list those one after another under 'then'"
        if "Base" in name:
            return "it is a base class"
        if name == "RandomDissolving":
            return "it downloads a diffusion model and runs it on every image"
        if name == "RandomFisheye":
            return "its options are tensors, which no recipe holds"
        return None


def _kornia_augmentation() -> Any:
    import kornia.augmentation

    return kornia.augmentation
