"""The augmentation of SimCLR, as a baseline."""

from collections.abc import Sequence
from typing import Annotated

from torch import nn

from crs_plugin.augmentations.two_views import TwoViews
from crs_plugin.normalisation import IMAGENET_MEAN, IMAGENET_STD
from crs_plugin.registry import (
    Fraction,
    Part,
    PositiveFloat,
    PositiveInt,
    PositiveRange,
    register,
)

_HUE_PER_STRENGTH = 0.2  # the other three factors: 0.8 × strength


@register("augmentation", "simclr_two_views")
class SimCLRTwoViews(TwoViews):
    """Two views with SimCLR's generic parameters: strong crop, strong colours, blur.

    Source: Chen et al., "A Simple Framework for Contrastive Learning of Visual Representations",
    2020, appendix A: crop of .08 to 1 of the area, flip, colour jitter (.8s, .8s, .8s, .2s) with
    probability .8, greyscale .2, Gaussian blur .5 with a kernel of a tenth of the side and σ from
    .1 to 2. (For 32-px images the paper leaves the blur off and takes s = .5.)

    ``forward`` takes uint8, or float in [0, 1], [B, 1 or 3, H, W] and returns a tuple of two float
    views [B, 3, size, size], normalised. It draws from torch's global RNG.

    Args:
        size: Side of the views in pixels.
        scale: Least and greatest share of the image's area that a crop keeps.
        ratio: Least and greatest width / height of a crop.
        flip: Probability of the horizontal flip.
        strength: s of the paper, strength of the colour jitter.
        jitter: Probability of the colour jitter.
        grayscale: Probability that an image loses its colours.
        blur: Probability of the Gaussian blur.
        sigma: Least and greatest σ of the blur in pixels.
        mean: Mean of the normalisation, RGB in [0, 1] (ImageNet's).
        std: Standard deviation of the normalisation.
        then: Further augmentations of each view before the normalisation.

    Raises:
        InputError: If a range is reversed.
    """

    def __init__(
        self,
        size: PositiveInt,
        *,
        scale: PositiveRange = (0.08, 1.0),
        ratio: PositiveRange = (3 / 4, 4 / 3),
        flip: Fraction = 0.5,
        strength: Fraction = 1.0,
        jitter: Fraction = 0.8,
        grayscale: Fraction = 0.2,
        blur: Fraction = 0.5,
        sigma: PositiveRange = (0.1, 2.0),
        mean: tuple[float, float, float] = IMAGENET_MEAN,
        std: tuple[PositiveFloat, PositiveFloat, PositiveFloat] = IMAGENET_STD,
        then: Annotated[Sequence[nn.Module], Part("augmentation", many=True)] = (),
    ) -> None:
        from kornia.augmentation import RandomGaussianBlur

        from crs_plugin.augmentations.fer_color_jitter import FERColorJitter
        from crs_plugin.augmentations.random_resized_crop_flip import RandomResizedCropFlip

        kernel = max(size // 20 * 2 + 1, 3)
        super().__init__(
            RandomResizedCropFlip(size, scale=scale, ratio=ratio, flip=flip),
            FERColorJitter(
                brightness=0.8 * strength,
                contrast=0.8 * strength,
                saturation=0.8 * strength,
                hue=_HUE_PER_STRENGTH * strength,
                p=jitter,
                grayscale=grayscale,
                inplace=True,
            ),
            [RandomGaussianBlur((kernel, kernel), tuple(sigma), p=blur), *then],
            mean,
            std,
        )
