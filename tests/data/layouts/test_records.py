from pathlib import Path

import pytest

from crs_plugin.data import DataError
from crs_plugin.data.layouts.records import MISSING, UNNAMED, Records
from crs_plugin.expressions import UNLABELLED, fine_id

FEAR, ANGER = fine_id("fear"), fine_id("anger")


@pytest.fixture
def records(tmp_path: Path) -> Records:
    (tmp_path / "sub").mkdir()
    for name in ("a.png", "b.png", "sub/c.png"):
        (tmp_path / name).touch()
    return Records("faces", tmp_path)


def test_records_become_columns(records: Records, tmp_path: Path) -> None:
    records.add("a.png", FEAR, "train", "Ann", [0, 1, 2, 3])
    records.add("sub/c.png", UNLABELLED, "test", None, [4, 5, 6, 7])
    records.add("b.png", ANGER, "all", "Bob", [0, 0, 1, 1])
    records.add("a.png", FEAR, "train", "Ann", [9, 9, 9, 9])
    records.skip("blurred", 3)
    dataset = records.dataset()
    assert dataset.fine.tolist() == [FEAR, UNLABELLED, ANGER, FEAR]
    assert dataset.split.tolist() == [0, 2, 3, 0]
    assert dataset.subject.tolist() == [0, -1, 1, 0]
    assert dataset.subject_names == {0: "Ann", 1: "Bob"}
    assert dataset.images.name(1) == str(tmp_path / "sub/c.png")
    assert dataset.images.boxes[1].tolist() == [4, 5, 6, 7]  # type: ignore[attr-defined]
    assert dataset.skipped == {"blurred": 3}


def test_missing_images_are_counted(records: Records) -> None:
    records.add("a.png", FEAR, "all")
    records.add("gone.png", FEAR, "all")
    records.add("nowhere/gone.png", FEAR, "all")
    records.add("a.png/b.png", FEAR, "all")
    dataset = records.dataset()
    assert len(dataset) == 1
    assert dataset.skipped == {MISSING: 3}
    gone = ("gone.png", "nowhere/gone.png", "a.png/b.png")
    assert dataset.missing == tuple(f"{records.root}/{path}" for path in gone)


def test_class_whose_images_are_all_missing_is_an_error(records: Records) -> None:
    records.add("a.png", FEAR, "all")
    records.add("x.png", ANGER, "all")
    records.add("y.png", ANGER, "all")
    with pytest.raises(DataError, match=r"class 'anger' is empty: all 2 .*the first is x\.png"):
        records.dataset()


def test_nothing_left_says_why(records: Records) -> None:
    records.add("x.png", ANGER, "all")
    records.skip("blurred", 2)
    with pytest.raises(DataError, match=r"no image is left .*2 × blurred, 1 × image file missing"):
        records.dataset()


def test_names_in_another_case_are_found_unless_ambiguous(records: Records, tmp_path: Path) -> None:
    (tmp_path / "d.PNG").touch()
    records.add("d.png", FEAR, "all")
    assert records.dataset().images.name(0) == str(tmp_path / "d.PNG")
    for name in ("e.PNG", "e.pNg"):
        (tmp_path / name).touch()
    again = Records("faces", tmp_path)
    again.add("e.png", FEAR, "all")
    again.add("e.PNG", FEAR, "all")
    assert again.dataset().skipped == {MISSING: 1}


def test_images_that_nobody_names_are_counted(records: Records, tmp_path: Path) -> None:
    for name in ("d.PNG", "e.JPG", ".f.png", "g.txt", "sub/h.png"):
        (tmp_path / name).touch()
    records.add("a.png", FEAR, "all")
    records.add("d.png", FEAR, "all")
    records.leave_out("e.jpg", "blurred")
    records.leave_out("gone.jpg", "blurred")
    records.skip_unnamed()
    assert records.dataset().skipped == {"blurred": 2, UNNAMED: 1}  # b.png; nobody looked into sub


def test_extra_columns(records: Records) -> None:
    records.add("a.png", FEAR, "all", extra={"votes": [1, 2]})
    records.add("gone.png", FEAR, "all", extra={"votes": [3, 4]})
    records.add("b.png", FEAR, "all", extra={"votes": [5, 6]})
    assert records.dataset().extra["votes"].tolist() == [[1, 2], [5, 6]]


def test_a_name_that_no_file_can_have_is_missing(tmp_path: Path, write_image) -> None:
    write_image(tmp_path / "a.png")
    records = Records("faces", tmp_path)
    records.add("a.png", 1, "train")
    records.add("fol\0der/b.png", 1, "train")
    assert records.dataset().skipped == {MISSING: 1}
