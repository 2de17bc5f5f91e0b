from pathlib import Path

import pytest

from crs_plugin.data import DataError
from crs_plugin.data.datasets.raf_db import raf_db

LINES = [
    *(f"train_{n:05d}.jpg {n}" for n in range(1, 8)),
    "test_0001.jpg 4",
]


@pytest.fixture
def root(tmp_path: Path, write_image) -> Path:
    write_list(tmp_path, LINES)
    for line in LINES:
        stem = line.partition(".")[0]
        write_image(tmp_path / "basic" / "Image" / "aligned" / f"{stem}_aligned.jpg", mode="RGB")
    return tmp_path


def write_list(root: Path, lines: list[str], name: str = "list_patition_label.txt") -> None:
    file = root / "basic" / "EmoLabel" / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes("\r\n".join([*lines, ""]).encode("utf-8-sig"))


def test_classes_and_splits(root: Path) -> None:
    faces = raf_db(root=root)
    names = ["surprise", "fear", "disgust", "happiness", "sadness", "anger", "neutral"]
    assert faces.counts()["train"] == dict.fromkeys(names, 1)
    assert faces.counts()["test"] == {"happiness": 1}
    by_number = [faces.take(faces.fine[i : i + 1] * 0 + i).expressions[0] for i in range(7)]
    assert by_number == names
    assert faces.images.name(0).endswith("basic/Image/aligned/train_00001_aligned.jpg")
    assert faces.images.read(0).shape == (3, 8, 8)
    assert faces.name == "raf_db"


def test_root_may_be_the_part_itself_or_come_from_the_variable(root: Path, monkeypatch) -> None:
    assert len(raf_db(root=root / "basic")) == 8
    root.rename(root.parent / "raf_db")
    monkeypatch.setenv("CRS_DATA", str(root.parent))
    assert len(raf_db()) == 8


@pytest.mark.parametrize("inner", ["..", "basic", "basic/EmoLabel/.."])
def test_root_one_folder_off(root: Path, inner: str, tmp_path_factory) -> None:
    outer = tmp_path_factory.mktemp("outer")
    root.rename(outer / "RAF-DB")
    (outer / "RAF-DB" / ".DS_Store").touch()
    assert len(raf_db(root=(outer / "RAF-DB" / inner).resolve())) == 8


def test_a_part_by_another_name(root: Path) -> None:
    (root / "basic").rename(root / "raf")
    assert len(raf_db(root=root / "raf")) == 8


def test_the_other_parts_numbers_are_never_read(root: Path) -> None:
    (root / "basic").rename(root / "compound")
    for folder in (root, root / "compound"):
        with pytest.raises(
            DataError, match=r"basic/EmoLabel/list_patition_label\.txt or .* missing"
        ):
            raf_db(root=folder)


def test_images_unpacked_into_a_folder_of_their_own(root: Path) -> None:
    aligned = root / "basic" / "Image" / "aligned"
    aligned.rename(root / "moved")
    aligned.mkdir()
    (root / "moved").rename(aligned / "aligned")
    assert len(raf_db(root=root)) == 8


def test_images_in_capitals_and_without_a_label(root: Path, write_image) -> None:
    aligned = root / "basic" / "Image" / "aligned"
    (aligned / "test_0001_aligned.jpg").rename(aligned / "test_0001_aligned.JPG")
    write_image(aligned / "test_0002_aligned.jpg")
    for litter in ("._test_0002_aligned.jpg", "Thumbs.db"):
        (aligned / litter).touch()
    faces = raf_db(root=root)
    assert len(faces) == 8
    assert faces.skipped == {"image without a label": 1}


def test_list_with_its_spelling_corrected(root: Path) -> None:
    (root / "basic" / "EmoLabel" / "list_patition_label.txt").unlink()
    write_list(root, LINES, "list_partition_label.txt")
    assert len(raf_db(root=root)) == 8


def test_missing_images_are_counted(root: Path) -> None:
    write_list(root, [*LINES, "train_00099.jpg 4", ""])
    faces = raf_db(root=root)
    assert len(faces) == 8
    assert faces.skipped == {"image file missing": 1}


def test_class_without_images_is_an_error(root: Path) -> None:
    (root / "basic" / "Image" / "aligned" / "train_00002_aligned.jpg").unlink()
    with pytest.raises(DataError, match="class 'fear' is empty"):
        raf_db(root=root)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("train_00009.jpg 8", r"list_patition_label\.txt:2: unknown label '8'; known are 1 surpri"),
        (
            "train_00009.jpg",
            r"list_patition_label\.txt:2: a line must be like 'train_00001\.jpg 5'",
        ),
        ("valid_00009.jpg 1", r"list_patition_label\.txt:2: a line must be"),
        ("train_/../../a.jpg 1", r"list_patition_label\.txt:2: a line must be"),
    ],
)
def test_broken_lines_name_file_and_line(root: Path, line: str, message: str) -> None:
    write_list(root, [LINES[0], line])
    with pytest.raises(DataError, match=message):
        raf_db(root=root)


def test_missing_list_says_how_to_get_it(tmp_path: Path) -> None:
    (tmp_path / "DATASET").mkdir()
    with pytest.raises(DataError, match=r"list_patition_label\.txt .* has DATASET.*whdeng\.cn"):
        raf_db(root=tmp_path)
