from pathlib import Path

import numpy as np
import pytest

from crs_plugin.data import DataError
from crs_plugin.data.datasets.expw import expw

NAMES = ["anger", "disgust", "fear", "happiness", "sadness", "surprise", "neutral"]
LINES = [f"actor_{n}.jpg 0 2 1 6 9 75.5 {n}" for n in range(7)]  # 5 wide, 7 high


def write_list(file: Path, lines: list[str]) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes("\r\n".join([*lines, ""]).encode("utf-8-sig"))


@pytest.fixture
def root(tmp_path: Path, write_image) -> Path:
    write_list(tmp_path / "label" / "label.lst", LINES)
    for n in range(7):
        write_image(tmp_path / "image" / "origin" / f"actor_{n}.jpg", size=12, seed=n, mode="RGB")
    return tmp_path


def test_boxes_are_top_left_right_bottom(root: Path) -> None:
    faces = expw(root=root)
    assert [faces.take(np.array([i])).expressions[0] for i in range(7)] == NAMES
    assert faces.counts().keys() == {"all"}
    assert faces.images.boxes[0].tolist() == [1, 2, 5, 7]  # type: ignore[attr-defined]
    assert faces.images.read(0).shape == (3, 7, 5)
    assert expw(root=root, margin=0.2).images.read(0).shape == (3, 9, 7)


def test_one_picture_may_have_several_faces_and_blanks_in_its_name(root: Path, write_image) -> None:
    write_image(root / "image" / "origin" / "two people.JPG", size=12)
    more = ["two people.jpg 0 0 0 4 4 10 3", "two people.jpg 1 4 4 9 10 20 4"]
    write_list(root / "label" / "label.lst", [*LINES, *more])
    faces = expw(root=root)
    assert [faces.images.read(i).shape for i in (7, 8)] == [(1, 4, 4), (1, 6, 5)]
    assert faces.images.name(7).endswith("two people.JPG")


def test_what_is_left_out_is_counted(root: Path, write_image) -> None:
    write_image(root / "image" / "origin" / "unnamed.jpg")
    write_image(root / "image" / "origin" / "flat.jpg")
    (root / "image" / "origin" / "._actor_1.jpg").touch()
    more = ["flat.jpg 0 5 5 5 9 1.0 3", "missing.jpg 0 0 0 4 4 1.0 3"]
    write_list(root / "label" / "label.lst", [*LINES, *more])
    assert expw(root=root).skipped == {
        "face box without a pixel": 1,
        "image file missing": 1,
        "image without a label": 1,
    }


@pytest.mark.parametrize(
    ("file", "images"),
    [
        ("label.lst", ""),
        ("label.lst", "origin"),
        ("data/label/label.lst", "data/image/origin"),
        ("ExpW/label/label.lst", "ExpW/image/origin"),
    ],
)
def test_other_places(tmp_path: Path, write_image, file: str, images: str) -> None:
    write_list(tmp_path / file, LINES[:2])
    for n in range(2):
        write_image(tmp_path / images / f"actor_{n}.jpg")
    assert len(expw(root=tmp_path)) == 2


def test_root_may_be_the_folder_of_the_list(root: Path) -> None:
    assert len(expw(root=root / "label")) == 7


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("actor_0.jpg 0 2 1 6 9 75.5 7", r"label\.lst:1: unknown label '7'; known are 0 anger"),
        ("actor_0.jpg 0 2 1 6 9 0", r"label\.lst:1: a line must be like"),
        ("actor_0.jpg 0 2 x 6 9 75.5 0", r"label\.lst:1: top, left, right, bottom must be numbers"),
        ("actor_0.jpg 0 2 nan 6 9 75.5 0", r"label\.lst:1: top, left, right, bottom must be"),
        ("../../a.jpg 0 2 1 6 9 75.5 0", r"label\.lst:1: path .* is not inside"),
    ],
)
def test_broken_lines_are_named(root: Path, line: str, message: str) -> None:
    write_list(root / "label" / "label.lst", [line])
    with pytest.raises(DataError, match=message):
        expw(root=root)


def test_missing_list_says_how_to_get_it(tmp_path: Path) -> None:
    (tmp_path / "origin.7z").touch()
    with pytest.raises(DataError, match=r"label\.lst or .* has origin\.7z.*socialrelation"):
        expw(root=tmp_path)
