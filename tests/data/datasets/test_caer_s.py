from pathlib import Path

import pytest

from crs_plugin.data import DataError
from crs_plugin.data.datasets.caer_s import caer_s

CLASSES = ["Anger", "Disgust", "Fear", "Happy", "Neutral", "Sad", "Surprise"]
NAMES = {"anger", "disgust", "fear", "happiness", "neutral", "sadness", "surprise"}


@pytest.fixture
def root(tmp_path: Path, write_image) -> Path:
    for split in ("train", "test"):
        for name in CLASSES:
            write_image(tmp_path / split / name / "0001.png", size=20, mode="RGB")
    lines = [f"{s}\\{name}\\0001.png,2,3,5,7" for s in ("train", "test") for name in CLASSES]
    write_boxes(tmp_path, lines)
    return tmp_path


def write_boxes(root: Path, lines: list[str]) -> None:
    text = "\r\n".join(["path,x,y,width,height", *lines, ""])
    (root / "boxes.csv").write_bytes(text.encode("utf-8-sig"))


def test_faces_are_cut_out_by_the_table(root: Path) -> None:
    faces = caer_s(root=root, boxes="boxes.csv")
    assert faces.counts() == {s: dict.fromkeys(faces.expressions, 1) for s in ("train", "test")}
    assert set(faces.expressions) == NAMES
    assert faces.images.read(0).shape == (3, 7, 5)
    assert faces.skipped == {}
    assert caer_s(root=root, boxes="boxes.csv", margin=0.2).images.read(0).shape == (3, 9, 7)


def test_whole_scenes_only_if_said_so(root: Path) -> None:
    with pytest.raises(DataError, match=r"whole scenes, .*path, x, y, width, height.*crop: whole"):
        caer_s(root=root)
    assert caer_s(root=root, crop="whole").images.read(0).shape == (3, 20, 20)
    for options in ({"boxes": "boxes.csv"}, {"margin": 0.1}):
        with pytest.raises(DataError, match="takes neither 'boxes' nor 'margin'"):
            caer_s(root=root, crop="whole", **options)  # type: ignore[arg-type]


def test_the_largest_face_is_taken_and_others_are_counted(root: Path, write_image) -> None:
    write_image(root / "train" / "Anger" / "0002.png")
    lines = (root / "boxes.csv").read_text("utf-8-sig").splitlines()[1:]
    more = ["train/Anger/0001.png,0,0,9,9", "train/Anger/0001.png,1,1,2,2", "train/x.png,0,0,1,1"]
    write_boxes(root, [*lines, *more])
    faces = caer_s(root=root, boxes="boxes.csv")
    assert faces.images.read(7 * (faces.split[0] == 2)).shape == (3, 9, 9)
    assert faces.skipped == {"scene without a face box": 1, "face box without an image": 1}


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("train/Anger/0001.png,0,0,x,1", r"boxes\.csv:2: a box needs x, y, width and height"),
        ("train/Anger/0001.png,0,0,0,1", r"boxes\.csv:2: a box needs"),
        ("train/Anger/0001.png,0,nan,1,1", r"boxes\.csv:2: a box needs"),
        ("../a.png,0,0,1,1", r"boxes\.csv:2: path .* is not inside"),
    ],
)
def test_broken_boxes_are_named(root: Path, line: str, message: str) -> None:
    write_boxes(root, [line])
    with pytest.raises(DataError, match=message):
        caer_s(root=root, boxes="boxes.csv")


def test_missing_table_and_missing_set(root: Path, tmp_path_factory) -> None:
    with pytest.raises(DataError, match=r"faces\.csv is missing in .* has boxes\.csv, test, train"):
        caer_s(root=root, boxes="faces.csv")
    empty = tmp_path_factory.mktemp("empty")
    with pytest.raises(DataError, match=r"train or test is missing .* is empty.*caer-dataset"):
        caer_s(root=empty, crop="whole")
    assert len(caer_s(root=root / "train", crop="whole")) == 14
