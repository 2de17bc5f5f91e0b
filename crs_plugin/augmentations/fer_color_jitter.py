"""Colour jitter and random greyscale of the method, on RGB or grey images."""

from typing import Annotated

from annotated_types import Interval
from torch import Tensor, nn

from crs_plugin.registry import Fraction, NonNegativeFloat

HueShift = Annotated[float, Interval(ge=0, le=0.5)]
"""Greatest shift of the hue, as a share of the colour circle."""


class FERColorJitter(nn.Module):
    """Brightness, contrast, saturation and hue in random order, then random greyscale.

    Kornia's ``ColorJitter`` and ``RandomGrayscale`` do the work, whose steps equal torchvision's;
    the order is drawn once per batch. On grey images saturation, hue and greyscale do nothing and
    are left out.

    Args:
        brightness: Factor drawn from [max(0, 1 - b), 1 + b].
        contrast: Factor drawn in the same way.
        saturation: Factor drawn in the same way.
        hue: Shift drawn from [-hue, hue], in turns.
        p: Probability that an image is jittered.
        grayscale: Probability that an image loses its colours.
    """

    def __init__(
        self,
        *,
        brightness: NonNegativeFloat = 0.4,
        contrast: NonNegativeFloat = 0.4,
        saturation: NonNegativeFloat = 0.4,
        hue: HueShift = 0.1,
        p: Fraction = 0.8,
        grayscale: Fraction = 0.2,
    ) -> None:
        super().__init__()
        from kornia.augmentation import ColorJitter, RandomGrayscale

        self.on_grey = ColorJitter(brightness, contrast, p=p)
        self.on_colour = nn.Sequential(
            ColorJitter(brightness, contrast, saturation, hue, p=p), RandomGrayscale(p=grayscale)
        )

    def forward(self, images: Tensor) -> Tensor:
        """Return float [B, C, H, W] in [0, 1] from the same, C = 1 or 3; the input stays as it is.

        Draws from torch's global RNG.
        """
        steps = self.on_grey if images.shape[1] == 1 else self.on_colour
        jittered: Tensor = steps(images)
        return jittered
