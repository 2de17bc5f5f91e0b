import io

import numpy as np
import torch
from PIL import Image, ImageColor

from crs_plugin.evaluation.figures.neighbours import RIGHT, WRONG, Neighbours, neighbours_sheet

ROWS = [
    Neighbours(torch.full((3, 1, 8, 8), 128, dtype=torch.uint8), ("anger", "anger", "fear")),
    Neighbours(torch.full((3, 3, 9, 7), 128, dtype=torch.uint8), ("fear", "sadly angry", "anger")),
]


def painted(colour: str, pixels: np.ndarray) -> int:
    return int((pixels == np.array(ImageColor.getrgb(colour))).all(-1).sum())


def test_right_and_wrong_are_marked() -> None:
    drawing = neighbours_sheet("near", "Nearest", ROWS)
    pixels = np.asarray(Image.open(io.BytesIO(drawing.png)))
    middle = pixels.shape[0] // 2
    assert painted(RIGHT, pixels[:middle])
    assert not painted(RIGHT, pixels[middle:])
    assert painted(WRONG, pixels[middle:]) > 1.8 * painted(WRONG, pixels[:middle]) > 0
    assert "anger: 1 of 2; fear: 0 of 2" in drawing.alt


def test_marks_differ_by_more_than_their_colour() -> None:
    def marks(labels: tuple[str, ...]) -> np.ndarray:
        row = Neighbours(torch.full((2, 1, 8, 8), 128, dtype=torch.uint8), labels)
        drawn = Image.open(io.BytesIO(neighbours_sheet("near", "Nearest", [row]).png))
        return np.asarray(drawn.crop((96, 28, 220, 112))) == 255

    assert (marks(("anger", "anger")) != marks(("anger", "angry"))).sum() > 20
