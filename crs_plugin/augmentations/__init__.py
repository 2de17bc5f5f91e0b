"""Augmentations: batches of face images in, augmented views out, on the device of the images.

A whole augmentation, such as ``FERTwoViews``, makes views of a batch and says in its attributes
``views``, ``size``, ``mean`` and ``std`` what they are; a step, which others list under ``then:``,
keeps the contract of Kornia. ``crs_plugin.testing`` checks either.

They are imported when they are asked for: most are Kornia's kind, which takes a second to import.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from crs_plugin.augmentations.fer_color_jitter import FERColorJitter
    from crs_plugin.augmentations.fer_two_views import FERTwoViews
    from crs_plugin.augmentations.random_degradation import RandomDegradation
    from crs_plugin.augmentations.random_face_occlusion import RandomFaceOcclusion
    from crs_plugin.augmentations.random_illumination import RandomIllumination
    from crs_plugin.augmentations.random_resized_crop_flip import RandomResizedCropFlip
    from crs_plugin.augmentations.random_small_pose import RandomSmallPose
    from crs_plugin.augmentations.simclr_two_views import SimCLRTwoViews

_MODULES = {
    "FERColorJitter": "fer_color_jitter",
    "FERTwoViews": "fer_two_views",
    "RandomDegradation": "random_degradation",
    "RandomFaceOcclusion": "random_face_occlusion",
    "RandomIllumination": "random_illumination",
    "RandomResizedCropFlip": "random_resized_crop_flip",
    "RandomSmallPose": "random_small_pose",
    "SimCLRTwoViews": "simclr_two_views",
}

__all__ = [
    "FERColorJitter",
    "FERTwoViews",
    "RandomDegradation",
    "RandomFaceOcclusion",
    "RandomIllumination",
    "RandomResizedCropFlip",
    "RandomSmallPose",
    "SimCLRTwoViews",
]


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)
