from pathlib import Path

import pytest

from crs_plugin.data import DataError
from crs_plugin.data.records import MISSING, Records
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
