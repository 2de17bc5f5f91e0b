from pathlib import Path

import pytest

from crs_plugin.data import DataError
from crs_plugin.data.datasets.kdef import kdef

CODES = ("AF", "AN", "DI", "HA", "NE", "SA", "SU")
NAMES = ("fear", "anger", "disgust", "happiness", "neutral", "sadness", "surprise")
ANGLES = ("S", "HL", "HR", "FL", "FR")


@pytest.fixture
def root(tmp_path: Path, write_image) -> Path:
    for person in ("AF01", "BF01", "AM01"):
        for code in CODES:
            for angle in ANGLES:
                write_image(tmp_path / "KDEF" / person / f"{person}{code}{angle}.JPG", mode="RGB")
    write_image(tmp_path / "AKDEF" / "FAFFL.JPG")  # the averaged faces of the same archive
    return tmp_path


def files(faces) -> list[str]:
    return [Path(faces.images.name(i)).name for i in range(len(faces))]


def test_straight_faces_by_default(root: Path) -> None:
    faces = kdef(root=root)
    assert faces.counts() == {"all": dict.fromkeys(NAMES, 3)}
    assert {
        file[4:6]: faces.take(faces.fine[:1] * 0 + i).expressions[0]
        for i, file in enumerate(files(faces))
    } == dict(zip(CODES, NAMES, strict=True))
    assert {file[6:] for file in files(faces)} == {"S.JPG"}
    assert faces.skipped == {
        "image whose name is not like AF01ANS.JPG": 1,
        **{
            f"angle {angle}, left out by 'angles'": 21
            for angle in ("half left", "half right", "full left", "full right")
        },
    }


def test_both_sessions_of_a_person_are_one_subject(root: Path) -> None:
    faces = kdef(root=root)
    subjects: dict[str, set[int]] = {}
    for file, subject in zip(files(faces), faces.subject, strict=True):
        subjects.setdefault(file[:4], set()).add(int(subject))
    assert subjects == {"AF01": {0}, "BF01": {0}, "AM01": {1}}


def test_angles(root: Path) -> None:
    faces = kdef(root=root, angles=["half left", "full right"])
    assert {file[6:8] for file in files(faces)} == {"HL", "FR"}
    assert len(faces) == 42
    assert faces.skipped["angle straight, left out by 'angles'"] == 21
    with pytest.raises(
        DataError, match=r"unknown angle 'half-left' \(did you mean 'half left'\?\)"
    ):
        kdef(root=root, angles=["half-left"])


def test_flat_and_in_lower_case_beside_litter(tmp_path: Path, write_image) -> None:
    write_image(tmp_path / "af01ans.jpg")
    write_image(tmp_path / "BM35SUS.png")
    for name in (".DS_Store", "._af01ans.jpg", "Thumbs.db"):
        (tmp_path / name).touch()
    faces = kdef(root=tmp_path)
    assert faces.counts() == {"all": {"surprise": 1, "anger": 1}}
    assert faces.skipped == {}


def test_the_misspelt_names_are_what_they_should_be(tmp_path: Path, write_image) -> None:
    write_image(tmp_path / "AF31" / "AF31V.JPG")
    write_image(tmp_path / "AM31" / "AM31H.JPG")
    faces = kdef(root=tmp_path, angles=["half left", "half right"])
    assert files(faces) == ["AF31V.JPG", "AM31H.JPG"]
    assert [faces.take(faces.fine[:1] * 0 + i).expressions[0] for i in range(2)] == [
        "sadness",
        "surprise",
    ]
    with pytest.raises(DataError, match=r"no image is left .*1 × angle half left, left out"):
        kdef(root=tmp_path)


def test_a_folder_without_it_says_what_was_looked_for(tmp_path: Path) -> None:
    (tmp_path / "Karolinska").mkdir()
    with pytest.raises(
        DataError, match=r"images with names like AF01ANS\.JPG.*has Karol.*kdef\.se"
    ):
        kdef(root=tmp_path)
