"""Augmentations: batches of face images in, augmented views out, on the device of the images."""

from crs_plugin.augmentations.fer_color_jitter import FERColorJitter
from crs_plugin.augmentations.fer_two_views import FERTwoViews
from crs_plugin.augmentations.random_resized_crop_flip import CropFlips, RandomResizedCropFlip
from crs_plugin.augmentations.simclr_two_views import SimCLRTwoViews

__all__ = [
    "CropFlips",
    "FERColorJitter",
    "FERTwoViews",
    "RandomResizedCropFlip",
    "SimCLRTwoViews",
]
