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
