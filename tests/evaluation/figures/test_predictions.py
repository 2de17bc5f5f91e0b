from dataclasses import replace

import numpy as np
from PIL import Image

from crs_plugin.evaluation.figures.predictions import PredictedFace, predictions_picture
from crs_plugin.models import Prediction


def face(box=None, classes: int = 3) -> PredictedFace:
    values = {f"class {i}": 1 / classes for i in range(classes)}
    prediction = Prediction("class 0", 1 / classes, values)
    return PredictedFace("a $face$.png", Image.new("L", (40, 30), 128), prediction, box)


def test_a_row_an_image():
    one, three = (predictions_picture([face()] * number) for number in (1, 3))
    assert (one.mode, three.width, three.height) == ("RGB", one.width, 3 * one.height)
    assert predictions_picture([face(classes=20)]).height > one.height


def test_the_face_box_is_drawn():
    plain, boxed = (np.asarray(predictions_picture([face(box)])) for box in (None, (5, 5, 20, 20)))
    orange = (boxed.astype(int) - plain)[:, :, 2] < -60
    assert orange.sum() > 100
    assert orange[:, : boxed.shape[1] // 2].sum() == orange.sum()


def test_a_long_path_is_not_cut_off_at_the_edge():
    long = [
        "faces/lab/anger/Arnold_Schwarzenegger_0023.png",
        f"faces/{'W' * 80}.png",
        "faces/lab/anger/0023.png",
    ]
    for name in long:
        picture = np.asarray(predictions_picture([replace(face(), name=name)]))
        assert picture[:, 0].min() == 255, name
        assert picture[:30, 5 : picture.shape[1] // 3].min() < 128, name  # there is a title
