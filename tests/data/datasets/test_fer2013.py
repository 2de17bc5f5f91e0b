from pathlib import Path

import numpy as np
import pytest

from crs_plugin.data import DataError, decode
from crs_plugin.data.datasets.fer2013 import fer2013

NAMES = ["anger", "disgust", "fear", "happiness", "sadness", "surprise", "neutral"]
FOLDERS = ["angry", "disgust", "fear", "happy", "sad", "surprise", "neutral"]


def write_table(root: Path, rows: list[tuple[str, str]], file: str = "fer2013.csv") -> np.ndarray:
    pixels = np.random.default_rng(0).integers(0, 256, (len(rows), 48 * 48))
    texts = [" ".join(map(str, p)) for p in pixels]
    if file.startswith("icml"):
        lines = ["emotion, Usage, pixels"]
        lines += [f"{e},{usage},{p}" for (e, usage), p in zip(rows, texts, strict=True)]
    else:
        lines = ["emotion,pixels,Usage"]
        lines += [f"{e},{p},{usage}" for (e, usage), p in zip(rows, texts, strict=True)]
    root.mkdir(parents=True, exist_ok=True)
    (root / file).write_bytes("\r\n".join([*lines, ""]).encode("utf-8-sig"))
    return pixels.reshape(-1, 1, 48, 48)


@pytest.mark.parametrize("file", ["fer2013.csv", "icml_face_data.csv", "FER2013.CSV"])
def test_table(tmp_path: Path, file: str) -> None:
    rows = [*((str(n), "Training") for n in range(7)), ("3", "PublicTest"), ("0", "PrivateTest")]
    pixels = write_table(tmp_path, rows, file)
    faces = fer2013(root=tmp_path)
    assert [faces.take(np.array([i])).expressions[0] for i in range(7)] == NAMES
    assert faces.counts()["train"].keys() == set(NAMES)
    assert faces.counts()["valid"] == {"happiness": 1}
    assert faces.counts()["test"] == {"anger": 1}
    assert np.array_equal(decode(faces, 48).numpy(), pixels)
    assert faces.images.name(0) == f"{tmp_path / file}:2"
    assert not faces.subject_known


def test_table_in_the_archives_folder(tmp_path: Path) -> None:
    write_table(tmp_path / "fer2013", [("0", "Training"), ("1", "Training")])
    assert len(fer2013(root=tmp_path)) == 2


def test_folders(tmp_path: Path, write_image) -> None:
    for split in ("train", "test"):
        for name in FOLDERS:
            write_image(tmp_path / split / name / "PrivateTest_1.JPG", size=48)
    (tmp_path / "train" / ".DS_Store").touch()
    (tmp_path / "train" / "angry" / "Thumbs.db").touch()
    (tmp_path / "test" / "angry" / "notes.txt").touch()
    write_image(tmp_path / "test" / "stray.png")
    faces = fer2013(root=tmp_path)
    assert faces.counts() == {s: dict.fromkeys(faces.expressions, 1) for s in ("train", "test")}
    assert set(faces.expressions) == set(NAMES)
    assert faces.skipped == {
        "not an image file (.txt)": 1,
        "image outside the folders of the classes": 1,
    }


def test_folders_by_number_are_refused(tmp_path: Path, write_image) -> None:
    write_image(tmp_path / "train" / "0" / "a.png")
    write_image(tmp_path / "train" / "1" / "a.png")
    with pytest.raises(DataError, match=r"fer2013, folder .*/train/0: unknown label '0'.*anger"):
        fer2013(root=tmp_path)


def test_class_of_another_set_and_empty_class(tmp_path: Path, write_image) -> None:
    write_image(tmp_path / "train" / "happy" / "a.png")
    (tmp_path / "train" / "sad").mkdir()
    with pytest.raises(DataError, match=r"class folder .*/train/sad has no image"):
        fer2013(root=tmp_path)
    write_image(tmp_path / "train" / "sad" / "a.png")
    write_image(tmp_path / "train" / "contempt" / "a.png")
    with pytest.raises(DataError, match=r"/train/contempt: unknown label 'contempt'; known are"):
        fer2013(root=tmp_path)


@pytest.mark.parametrize(
    ("row", "message"),
    [
        (("7", "Training"), r"fer2013\.csv:2: unknown label '7'; known are 0 anger, 1 disgust"),
        (("", "Training"), r"fer2013\.csv:2: unknown label ''"),
        (("0", "Trainning"), r"fer2013\.csv:2: unknown usage 'Trainning'"),
    ],
)
def test_broken_lines_are_named(tmp_path: Path, row: tuple[str, str], message: str) -> None:
    write_table(tmp_path, [row])
    with pytest.raises(DataError, match=message):
        fer2013(root=tmp_path)


def test_broken_pixels_and_empty_table(tmp_path: Path) -> None:
    (tmp_path / "fer2013.csv").write_text("emotion,pixels,Usage\n0,1 2 3,Training\n")
    with pytest.raises(DataError, match=r"fer2013\.csv:2: pixels must be 2304 numbers"):
        fer2013(root=tmp_path)
    (tmp_path / "fer2013.csv").write_text("emotion,pixels,Usage\n")
    with pytest.raises(DataError, match=r"fer2013\.csv: there is no image"):
        fer2013(root=tmp_path)


def test_missing_set_says_how_to_get_it(tmp_path: Path) -> None:
    (tmp_path / "fer2013.zip").touch()
    with pytest.raises(DataError, match=r"fer2013\.csv or icml.* has fer2013\.zip.*kaggle\.com"):
        fer2013(root=tmp_path)
