"""The augmented views, as the network sees them."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import torch

from crs_plugin.data.images import picture_of
from crs_plugin.evaluation.figures.drawing import Drawing, as_png
from crs_plugin.evaluation.views import Views

if TYPE_CHECKING:
    from PIL.Image import Image

_LEAST_SIDE = 96
"""Images of fewer pixels are enlarged by a whole number, to at least this many."""

_GAP, _WIDE_GAP, _LINE = 4, 14, 17


def views_picture(views: Views) -> "Image":
    """Draw a row for every image: its name, the image, and all draws of its views beside it.

    Each pixel of a view becomes a square of whole pixels, so that what the network gets is seen and
    not a smoothed version of it.

    Args:
        views: The images and their views.
    """
    from PIL import Image, ImageDraw, ImageFont

    side = max(view.shape[-1] for draw in views.draws for view in draw)
    side *= -(-_LEAST_SIDE // side)
    font = ImageFont.load_default(13)
    names = [name.replace(" ", "\n") for name in views.names]
    measure = ImageDraw.Draw(Image.new("L", (1, 1)))
    left = round(max(measure.multiline_textbbox((0, 0), name, font)[2] for name in names)) + 12
    columns = list(_columns(views))
    head = _LINE * max(heading.count("\n") + 1 for _, heading, _ in columns) + 2 * _GAP

    width = left + sum(gap + side for gap, _, _ in columns) + _GAP
    sheet = Image.new("RGB", (width, head + len(names) * (side + _GAP)), "white")
    pen = ImageDraw.Draw(sheet)
    tops = [head + row * (side + _GAP) for row in range(len(names))]
    for name, top in zip(names, tops, strict=True):
        pen.multiline_text((_GAP, top + side // 2), name, "black", font, anchor="lm")
    for gap, heading, images in columns:
        left += gap
        pen.multiline_text((left, _GAP), heading, "black", font)
        for image, top in zip(images, tops, strict=True):
            sheet.paste(_picture(image, side), (left, top))
        left += side
    return sheet


def _columns(views: Views) -> Iterator[tuple[int, str, torch.Tensor]]:
    """Yield the gap before a column, its heading, and its images [B, C, h, w] in [0, 1]."""
    yield 0, "original", views.originals / 255
    for number, draw in enumerate(views.draws, start=1):
        for view, images in enumerate(draw, start=1):
            heading = f"draw {number}" if view == 1 else ""
            if len(draw) > 1:
                heading += f"\nview {view}"
            yield _WIDE_GAP if view == 1 else _GAP, heading, _as_seen(images, views)


def views_sheet(views: Views) -> Drawing:
    """Make ``views_picture`` a figure of the report."""
    size = views.draws[0][0].shape[-1]
    return Drawing(
        name="views",
        title="Augmented views",
        alt=(
            f"{len(views.names)} training images ({', '.join(views.names)}), one a row; beside each"
            f" {len(views.draws)} draws of {len(views.draws[0])} augmented views, {size} pixels"
            " wide."
        ),
        png=as_png(views_picture(views)),
    )


def _as_seen(images: torch.Tensor, views: Views) -> torch.Tensor:
    mean, std = (torch.tensor(values).view(-1, 1, 1) for values in (views.mean, views.std))
    return images.detach().float().cpu() * std + mean


def _picture(image: torch.Tensor, side: int) -> "Image":
    """Return [C, h, w] in [0, 1] as a picture whose longer side is ``side``."""
    from PIL import Image

    picture = picture_of((image.clamp(0, 1) * 255).round().byte())
    longer = max(picture.size)
    size = (picture.width * side // longer, picture.height * side // longer)
    whole = side % longer == 0
    filter_ = Image.Resampling.NEAREST if whole else Image.Resampling.BICUBIC
    return picture.resize((max(size[0], 1), max(size[1], 1)), filter_)
