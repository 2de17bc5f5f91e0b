"""Faces beside bars of what a classifier says of them."""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PIL import Image

from crs_plugin.evaluation.figures.look import RANDOM_COLOUR, TRAINED_COLOUR, plain_style
from crs_plugin.evaluation.figures.short_path import short_path
from crs_plugin.models.prediction import Prediction

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Box = tuple[float, float, float, float]
"""x, y, width, height in pixels of the upright image."""

_HEIGHT = 2.1  # inches of a row
_FEWEST = 10  # letters of a title


@dataclass(frozen=True)
class PredictedFace:
    """An image, and what was said of the face in it.

    Attributes:
        name: What to call it.
        image: The whole image; None where it is not to be drawn.
        prediction: What the classifier says.
        box: The face in the image; None where the whole image was taken.
    """

    name: str
    image: Image.Image | None
    prediction: Prediction
    box: Box | None = None


def predictions_picture(faces: Sequence[PredictedFace]) -> Image.Image:
    """Return a picture with a row an image: the image with its face box, and bars beside it.

    Args:
        faces: One or more, with their images.
    """
    from matplotlib.figure import Figure

    classes = max(len(face.prediction.probabilities) for face in faces)
    height = max(_HEIGHT, 0.5 + 0.2 * classes)
    with plain_style():
        figure = Figure(figsize=(6.4, height * len(faces)), layout="constrained")
        axes = figure.subplots(len(faces), 2, squeeze=False, width_ratios=(1, 1.6))
        for face, (left, right) in zip(faces, axes, strict=True):
            _draw_image(left, face)
            _draw_bars(right, face.prediction)
        figure.draw_without_rendering()  # which says where the images are
        for left, _ in axes:
            _shorten_title(left)
        buffer = io.BytesIO()
        figure.savefig(buffer, format="png", dpi=120, facecolor="white")
    return Image.open(buffer).convert("RGB")


def _draw_image(axes: "Axes", face: PredictedFace) -> None:
    from matplotlib.patches import Rectangle

    assert face.image is not None
    axes.imshow(face.image.convert("RGB"))
    axes.set_axis_off()
    axes.set_title(face.name, fontsize=8)
    if face.box is not None:
        x, y, width, height = face.box
        box = Rectangle((x, y), width, height, fill=False, edgecolor="#e69f00", linewidth=2)
        axes.add_patch(box)


def _shorten_title(axes: "Axes") -> None:
    """Make the title no wider than twice the way from its middle to the picture's edge."""
    whole = axes.get_title()
    room = axes.get_window_extent().x0 + axes.get_window_extent().x1
    for letters in range(len(whole), _FEWEST - 1, -1):
        axes.title.set_text(short_path(whole, letters))
        if axes.title.get_window_extent().width <= room:
            return


def _draw_bars(axes: "Axes", prediction: Prediction) -> None:
    names, values = list(prediction.probabilities), list(prediction.probabilities.values())
    colours = [TRAINED_COLOUR if name == prediction.name else RANDOM_COLOUR for name in names]
    axes.barh(names, values, color=colours)
    for place, value in enumerate(values):
        axes.text(value + 0.01, place, f"{100 * value:.0f} %", va="center")
    axes.set_xlim(0, 1.15)
    axes.set_xticks([])
    axes.invert_yaxis()
    axes.spines["bottom"].set_visible(False)
    axes.set_title(f"{prediction.name}, {100 * prediction.probability:.0f} %", fontsize=8)
