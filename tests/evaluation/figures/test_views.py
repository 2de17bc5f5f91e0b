import io

import numpy as np
import torch
from PIL import Image

from crs_plugin.evaluation.figures.views import views_picture, views_sheet
from crs_plugin.evaluation.views import Views
from crs_plugin.normalisation import IMAGENET_MEAN, IMAGENET_STD

MEAN, STD = (torch.tensor(x).view(3, 1, 1) for x in (IMAGENET_MEAN, IMAGENET_STD))


def views(size: int = 40, channels: int = 1, draws: int = 2) -> Views:
    """Two images, and as many draws of two views each, every view of one colour of its own."""
    colours = torch.arange(draws * 2 * 2).view(draws, 2, 2) * 20 + 10

    def view(of_images: torch.Tensor) -> torch.Tensor:
        plain = of_images.view(2, 1, 1, 1).expand(2, 3, size, size) / 255
        return (plain - MEAN) / STD

    return Views(
        originals=torch.full((2, channels, 50, 50), 200, dtype=torch.uint8),
        names=("happily disgusted", "fear"),
        draws=tuple((view(draw[0]), view(draw[1])) for draw in colours),
        mean=IMAGENET_MEAN,
        std=IMAGENET_STD,
    )


def colours_of(picture: Image.Image) -> list[list[int]]:
    """The grey values of the large plain squares in each of the two rows of pictures."""
    pixels = np.asarray(picture)
    height = pixels.shape[0]
    found = []
    for row in (height - 184, height - 60):
        line = pixels[row, :, 0].astype(int)
        assert (pixels[row] == line[:, None]).all()
        runs = np.split(line, np.flatnonzero(np.diff(line)) + 1)
        found.append([int(run[0]) for run in runs if len(run) > 90 and run[0] < 250])
    return found


def test_a_row_is_an_image_beside_its_views_with_the_pixels_that_the_network_gets() -> None:
    picture = views_picture(views())
    assert colours_of(picture) == [[200, 10, 50, 90, 130], [200, 30, 70, 110, 150]]


def test_small_views_are_enlarged_by_whole_pixels_and_large_ones_are_not() -> None:
    checks = (torch.arange(40).view(-1, 1) + torch.arange(40)) % 2 * 255
    pixels = ((checks / 255).expand(2, 3, 40, 40) - MEAN) / STD
    whole = views()
    drawn = Views(whole.originals, whole.names, ((pixels,),), whole.mean, whole.std)
    part = np.asarray(views_picture(drawn))[-124:-4, -124:-4]
    assert np.array_equal(part[::3, ::3, 0], checks.numpy())
    assert np.array_equal(part[1::3, 2::3, 0], checks.numpy())
    wide = views_picture(views(size=112)).width - views_picture(views(size=112, draws=1)).width
    assert wide == 2 * 112 + 14 + 4


def test_the_figure_of_the_report_is_the_same_picture() -> None:
    drawing = views_sheet(views(channels=3))
    assert drawing.png is not None
    shown = Image.open(io.BytesIO(drawing.png))
    assert np.array_equal(np.asarray(shown), np.asarray(views_picture(views(channels=3))))
    assert "happily disgusted, fear" in drawing.alt
    assert "2 draws of 2 augmented views, 40 pixels wide" in drawing.alt
