"""``crs data crop``."""

from pathlib import Path

import numpy as np
import pytest
from made_detector import write_detector
from PIL import Image

FIND = ("image_folder", "--root", "photos", "--detector", "yunet.onnx", "--output", "faces")


@pytest.fixture
def photos(tmp_path) -> Path:
    """Two photos with a spot that the detector takes for a face, and a dark one."""
    for name, spots in (("happy/a", [96]), ("sad/b", [40, 240]), ("sad/dark", [])):
        pixels = np.zeros((320, 320, 3), np.uint8)
        for place in spots:
            pixels[place : place + 8, place : place + 8] = 255
        path = tmp_path / "photos" / f"{name}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(pixels).save(path)
    return tmp_path / "photos"


@pytest.fixture
def detector(tmp_path) -> Path:
    pytest.importorskip("cv2")
    pytest.importorskip("onnx")
    return write_detector(tmp_path / "yunet.onnx")


@pytest.mark.usefixtures("photos", "detector")
def test_faces_are_found_cropped_and_opened_by_the_command_that_is_printed(call, capsys, tmp_path):
    assert call("data", "crop", *FIND, "--margin", "0.5") == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[1:5] == [
        "photos: 2 faces of 3 images",
        "  1 × several faces, of which the largest is taken",
        "  1 × no face is found",
        "wrote faces/faces.csv and faces/left_out.tsv",
    ]
    opened = lines[-1].removeprefix("Open it: crs ").split()
    assert call(*opened) == 0
    printed = capsys.readouterr().out
    assert "faces: 2 images" in printed
    assert "happiness" in printed
    with Image.open(tmp_path / "faces/images/happy/a.png") as face:
        assert face.width == face.height > 150


@pytest.mark.usefixtures("photos", "detector")
def test_a_second_call_has_nothing_to_do(call, capsys):
    assert call("data", "crop", *FIND) == 0
    assert call("data", "crop", *FIND) == 0
    assert "  3 × done by an earlier call" in capsys.readouterr().out
    assert call("data", "crop", *FIND, "--margin", "0.2") == 2
    assert (
        "faces has faces that were made otherwise: margin 0.0 (now 0.2)" in capsys.readouterr().err
    )


def test_boxes_of_a_table_are_cut_out_without_a_detector(call, capsys, photos, tmp_path):
    (photos / "list.csv").write_text("path,label,x,y,w,h\nhappy/a.png,happy,90,80,40,60\n")
    boxes = ("--set", "file=list.csv", "--set", "box_columns=[x, y, w, h]")
    table = ("table", "--root", "photos", *boxes, "--output", "faces")
    assert call("data", "crop", *table) == 0
    assert "photos: 1 faces of 1 images\nwrote faces/faces.csv\n" in capsys.readouterr().out
    with Image.open(tmp_path / "faces/images/happy/a.png") as face:
        assert face.size == (40, 60)
    capsys.readouterr()
    assert call("data", "crop", *table, "--set", "margin=0.5") == 2
    message = "made otherwise: option 'margin' (not set) (now 0.5); name a new folder"
    assert message in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("image_foldr", "--output", "faces"), "did you mean 'image_folder'?"),
        (("image_folder", "--root", "photo", "--output", "faces"), "did you mean 'photos'?"),
        (("image_folder", "--root", "photos", "--output", "faces"), "--detector FILE"),
        (("image_folder", "--root", "photos"), "--output"),
        ((*FIND[:2], "photos", "--margin", "0.2", *FIND[-2:]), "--margin goes with --detector"),
        (FIND, "yunet.onnx: there is no such file of a face detector"),
        ((*FIND, "--set", "classes=3"), "--set classes=3: classes: found 3, expected a mapping"),
        ((*FIND[:-1], "photos"), "photos has happy, sad, none of which is of faces cut out before"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_written(
    call, capsys, photos, tmp_path, arguments, message
):
    pytest.importorskip("cv2")
    if "none of which" in message:
        pytest.importorskip("onnx")
        write_detector(tmp_path / "yunet.onnx")
    before = sorted(tmp_path.rglob("*"))
    assert call("data", "crop", *arguments) == 2
    assert message in capsys.readouterr().err
    assert sorted(tmp_path.rglob("*")) == before
