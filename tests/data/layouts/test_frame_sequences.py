from pathlib import Path

import pytest

from crs_plugin.data.layouts.frame_sequences import add_sequence, frame_number, frames_in
from crs_plugin.data.layouts.records import Records
from crs_plugin.expressions import fine_id

FEAR = fine_id("fear")


def opened(root: Path, last: int = 3):
    records = Records("faces", root)
    add_sequence(records, "", frames_in(root, records), FEAR, "P1", last)
    return records.dataset()


def names(faces) -> list[str]:
    return [Path(faces.images.name(i)).name for i in range(len(faces))]


@pytest.mark.parametrize(
    ("name", "number"),
    [("000.jpeg", 0), ("S010_002_00000014.png", 14), ("S1_2 (1).png", None), ("face.png", None)],
)
def test_a_frame_is_numbered_at_its_end(name: str, number: int | None) -> None:
    assert frame_number(name) == number


def test_the_first_is_neutral_and_the_last_carry_the_label(tmp_path: Path, write_image) -> None:
    for number in (1, 2, 9, 10, 11, 100):  # in the order of numbers, not of letters
        write_image(tmp_path / f"{number}.png")
    faces = opened(tmp_path)
    assert names(faces) == ["1.png", "10.png", "11.png", "100.png"]
    assert faces.fine.tolist() == [fine_id("neutral"), FEAR, FEAR, FEAR]
    assert faces.skipped == {"frame between the first and the last 3 of its sequence": 2}
    one = opened(tmp_path, last=1)
    assert names(one) == ["1.png", "100.png"]
    assert one.skipped == {"frame between the first and the last of its sequence": 4}


def test_the_first_stays_neutral_in_a_short_sequence(tmp_path: Path, write_image) -> None:
    for number in range(3):
        write_image(tmp_path / f"{number}.png")
    assert opened(tmp_path, last=9).fine.tolist() == [fine_id("neutral"), FEAR, FEAR]


def test_sequences_of_one_frame_or_none_are_counted(tmp_path: Path, write_image) -> None:
    records = Records("faces", tmp_path)
    add_sequence(records, "", {1: "1.png"}, FEAR, "P1", 3)
    add_sequence(records, "", {}, FEAR, "P1", 3)
    write_image(tmp_path / "a.png")
    records.add("a.png", FEAR, "all")
    assert records.dataset().skipped == {
        "sequence of a single frame": 1,
        "sequence without images": 1,
    }


def test_files_that_are_no_frames_are_counted(tmp_path: Path, write_image) -> None:
    for name in ("001.png", "002.PNG", "002.jpg", "002 (1).png"):
        write_image(tmp_path / name)
    for name in ("notes.txt", ".DS_Store", "Thumbs.db"):
        (tmp_path / name).touch()
    faces = opened(tmp_path)
    assert names(faces) == ["001.png", "002.PNG"]
    assert faces.skipped == {
        "frame that is there twice": 1,
        "image whose name is not that of a frame": 1,
        "not an image file (.txt)": 1,
    }
