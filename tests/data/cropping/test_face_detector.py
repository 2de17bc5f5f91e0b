import sys

import numpy as np
import pytest
from made_detector import BOX_SIDE, OFFSETS, write_detector
from PIL import Image

from crs_plugin.data.cropping.face_detector import FaceDetector
from crs_plugin.errors import InputError
from crs_plugin.registry import MissingExtraError


@pytest.fixture
def detector(tmp_path) -> FaceDetector:
    pytest.importorskip("cv2")
    pytest.importorskip("onnx")
    return FaceDetector(write_detector(tmp_path / "detector.onnx"))


def photo_with_spots(width: int, height: int, *spots: tuple[int, int], side: int) -> Image.Image:
    pixels = np.zeros((height, width), np.uint8)
    for x, y in spots:
        pixels[y : y + side, x : x + side] = 255
    return Image.fromarray(pixels)


@pytest.mark.parametrize("scale", [1, 2])
@pytest.mark.parametrize("mode", ["L", "RGB"])
def test_landmarks_and_box_are_in_pixels_of_the_photo(detector, scale, mode):
    x, y = 160, 96
    spot = (scale * x, scale * y)
    photo = photo_with_spots(scale * 320, scale * 240, spot, side=scale * 8).convert(mode)
    (face,) = detector.faces(photo)
    expected = scale * (OFFSETS + np.array([x, y]) + 0.5) - 0.5
    np.testing.assert_allclose(face.landmarks, expected, atol=0.01)
    assert face.landmarks.dtype == face.box.dtype == np.float32
    side = scale * BOX_SIDE
    corner = scale * (np.array([x, y]) + 0.5) - side / 2
    np.testing.assert_allclose(face.box, [*corner, side, side], atol=0.05)
    assert 0.9 < face.score <= 1


def test_a_small_photo_is_enlarged(detector):
    (face,) = detector.faces(photo_with_spots(40, 40, (20, 20), side=2))
    np.testing.assert_allclose(face.landmarks, 20 + OFFSETS / 8, atol=1)


def test_what_is_not_found_in_small_is_looked_for_in_large(detector):
    photo = photo_with_spots(1280, 960, (640, 480), side=8)
    (face,) = detector.faces(photo)
    np.testing.assert_allclose(face.landmarks, OFFSETS + np.array([640, 480]), atol=0.01)


def test_several_faces_are_all_found_and_none_where_there_is_none(detector):
    photo = photo_with_spots(320, 320, (40, 40), (240, 240), side=8)
    assert len(detector.faces(photo)) == 2
    assert detector.faces(photo_with_spots(900, 30, side=8)) == []


@pytest.mark.parametrize("content", [b"", b"not a network" * 20])
def test_a_file_that_is_no_detector_is_refused_with_what_is_wanted(tmp_path, content):
    pytest.importorskip("cv2")
    (tmp_path / "wrong.onnx").write_bytes(content)
    with pytest.raises(
        InputError, match=r"wrong\.onnx: OpenCV cannot use it as YuNet .*opencv_zoo"
    ):
        FaceDetector(tmp_path / "wrong.onnx")


def test_another_network_is_refused_at_once(tmp_path):
    pytest.importorskip("cv2")
    onnx = pytest.importorskip("onnx")
    model = onnx.load(write_detector(tmp_path / "detector.onnx"))
    del model.graph.output[1:]
    onnx.save(model, tmp_path / "other.onnx")
    with pytest.raises(InputError, match="OpenCV cannot use it as YuNet"):
        FaceDetector(tmp_path / "other.onnx")


def test_a_file_that_is_not_there_is_named(tmp_path):
    pytest.importorskip("cv2")
    with pytest.raises(InputError, match="there is no such file of a face detector"):
        FaceDetector(tmp_path / "gone.onnx")


def test_without_opencv_the_extra_is_named(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "cv2", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'crs_plugin\[crop\]'"):
        FaceDetector(tmp_path / "yunet.onnx")
