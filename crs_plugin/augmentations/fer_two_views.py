"""The method's augmentation."""

from collections.abc import Sequence
from typing import Annotated

from torch import nn

from crs_plugin.augmentations.colour_steps import HueShift
from crs_plugin.augmentations.two_views import TwoViews
from crs_plugin.normalisation import IMAGENET_MEAN, IMAGENET_STD
from crs_plugin.registry import (
    Fraction,
    NonNegativeFloat,
    Part,
    PositiveFloat,
    PositiveInt,
    PositiveRange,
    register,
)


@register("augmentation", "fer_two_views")
class FERTwoViews(TwoViews):
    """Two views for facial expressions: mild crop, flip, colour jitter, greyscale (CRS-CONT).

    The crop keeps at least half of the image: an expression needs the whole face, where generic
    contrastive learning crops down to a tenth. No blur, which would erase wrinkles. Defaults are
    the released settings of Li et al., "CRS-CONT: A Well-Trained General Encoder for Facial
    Expression Analysis", IEEE TIP 2022.

    ``forward`` takes uint8, or float in [0, 1], [B, 1 or 3, H, W] and returns a tuple of two float
    views [B, 3, size, size], normalised. It draws from torch's global RNG.

    Args:
        size: Side of the views in pixels.
        scale: Least and greatest share of the image's area that a crop keeps.
        ratio: Least and greatest width / height of a crop.
        flip: Probability of the horizontal flip.
        brightness: Brightness is multiplied by a factor from [max(0, 1 - b), 1 + b].
        contrast: Range of the contrast's factor, in the same way.
        saturation: Range of the saturation's factor, in the same way.
        hue: Greatest shift of the hue, in turns of the colour circle.
        jitter: Probability that these four are applied to an image.
        grayscale: Probability that an image loses its colours.
        mean: Mean of the normalisation, RGB in [0, 1] (ImageNet's).
        std: Standard deviation of the normalisation.
        then: Further augmentations of each view before the normalisation, such as
            ``{name: kornia/RandomErasing, p: 0.5}``.

    Raises:
        InputError: If a range is reversed.
    """

    def __init__(
        self,
        size: PositiveInt,
        *,
        scale: PositiveRange = (0.5, 1.0),
        ratio: PositiveRange = (3 / 4, 4 / 3),
        flip: Fraction = 0.5,
        brightness: NonNegativeFloat = 0.4,
        contrast: NonNegativeFloat = 0.4,
        saturation: NonNegativeFloat = 0.4,
        hue: HueShift = 0.1,
        jitter: Fraction = 0.8,
        grayscale: Fraction = 0.2,
        mean: tuple[float, float, float] = IMAGENET_MEAN,
        std: tuple[PositiveFloat, PositiveFloat, PositiveFloat] = IMAGENET_STD,
        then: Annotated[Sequence[nn.Module], Part("augmentation", many=True)] = (),
    ) -> None:
        from crs_plugin.augmentations.fer_color_jitter import FERColorJitter
        from crs_plugin.augmentations.random_resized_crop_flip import RandomResizedCropFlip

        super().__init__(
            RandomResizedCropFlip(size, scale=scale, ratio=ratio, flip=flip),
            FERColorJitter(
                brightness=brightness,
                contrast=contrast,
                saturation=saturation,
                hue=hue,
                p=jitter,
                grayscale=grayscale,
                inplace=True,
            ),
            then,
            mean,
            std,
        )
