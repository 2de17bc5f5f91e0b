from pathlib import Path

import pytest

from crs_plugin.data import DataError
from crs_plugin.data.datasets.oulu_casia import oulu_casia

CLASSES = ("Anger", "Disgust", "Fear", "Happiness", "Sadness", "Surprise")
BETWEEN = "frame between the first and the last 3 of its sequence"
CROPPED, ORIGINAL = "PreProcess_Img/VL_Acropped/Strong", "OriginalImg/VL/Strong"


@pytest.fixture
def write_recording(tmp_path: Path, write_image):
    """Write persons with their six sequences of a few frames into a folder."""

    def write(folder: str, persons: tuple[str, ...] = ("P001", "P002"), frames: int = 5) -> Path:
        for person in persons:
            for name in CLASSES:
                for number in range(frames):
                    write_image(tmp_path / folder / person / name / f"{number:03d}.jpeg", 8, "RGB")
        return tmp_path

    return write


def names(faces) -> list[str]:
    return [faces.images.name(i) for i in range(len(faces))]


@pytest.mark.parametrize("folder", [CROPPED, ORIGINAL])
def test_first_and_last_frames_of_each_sequence(write_recording, folder: str) -> None:
    faces = oulu_casia(root=write_recording(folder))
    assert faces.counts() == {
        "all": {
            "neutral": 12,
            "happiness": 6,
            "surprise": 6,
            "sadness": 6,
            "anger": 6,
            "disgust": 6,
            "fear": 6,
        }
    }
    assert [name[-20:] for name in names(faces)[:4]] == [
        "/P001/Anger/000.jpeg",
        "/P001/Anger/002.jpeg",
        "/P001/Anger/003.jpeg",
        "/P001/Anger/004.jpeg",
    ]
    assert faces.subject.tolist() == [0] * 24 + [1] * 24
    assert faces.skipped == {BETWEEN: 12}


def test_number_of_last_frames(write_recording) -> None:
    faces = oulu_casia(root=write_recording(CROPPED), last_frames=1)
    assert faces.counts()["all"]["fear"] == 2
    assert sum(faces.skipped.values()) == 36


def test_light_illumination_and_crop_choose(write_recording) -> None:
    for number, folder in enumerate(
        (CROPPED, ORIGINAL, "OriginalImg/VL/Dark", "OriginalImg/NI/Weak"), start=1
    ):
        root = write_recording(folder, (f"P{number:03d}",))
    persons = {
        "P001": {},
        "P002": {"crop": "original"},
        "P003": {"illumination": "Dark"},
        "P004": {"light": "NI", "illumination": "Weak"},
    }
    for person, options in persons.items():
        assert all(f"/{person}/" in name for name in names(oulu_casia(root=root, **options)))
    message = (
        r"no sequences with light NI, illumination Dark .*OriginalImg/VL/Dark \(VL, Dark, orig"
    )
    with pytest.raises(DataError, match=message):
        oulu_casia(root=root, light="NI", illumination="Dark")


def test_the_root_may_lie_deeper_or_higher(write_recording) -> None:
    root = write_recording("Oulu/B_OriginalImg/B_OriginalImg/OriginalImg/VL/Strong")
    write_recording("Oulu/B_OriginalImg/B_OriginalImg/OriginalImg/VL/Weak")
    inner = root / "Oulu" / "B_OriginalImg" / "B_OriginalImg" / "OriginalImg"
    for folder in (root, inner, inner / "VL", inner / "VL" / "Strong"):
        assert all("/Strong/" in name for name in names(oulu_casia(root=folder)))
    with pytest.raises(DataError, match=r"illumination Dark in .*there is \. \(VL, Strong, origin"):
        oulu_casia(root=inner / "VL" / "Strong", illumination="Dark")


def test_two_folders_that_may_be_meant(write_recording) -> None:
    write_recording("one")
    with pytest.raises(DataError, match=r"more than one folder .*one \(not said\), two \(not said"):
        oulu_casia(root=write_recording("two"))


def test_litter_and_what_lacks_is_counted(write_recording, write_image) -> None:
    root = write_recording("PreProcess_Img/VL_Acropped/strong", ("P001",), 4)
    person = root / "PreProcess_Img" / "VL_Acropped" / "strong" / "P001"
    for path in (
        person / ".DS_Store",
        person / "Anger" / "Thumbs.db",
        person / "Anger" / "._0.png",
    ):
        path.touch()
    (person / "Surprise").rename(person / "SURPRISE")
    for path in (person / "Fear").iterdir():
        path.unlink()
    for path in (person / "Sadness").iterdir():
        path.rename(path.with_suffix(".JPEG"))
    for path in (person / "Disgust").iterdir():
        path.unlink()
    (person / "Disgust").rmdir()
    write_image(person / "cover.png")
    faces = oulu_casia(root=root)
    assert faces.counts()["all"] == {
        "neutral": 4,
        "happiness": 3,
        "surprise": 3,
        "sadness": 3,
        "anger": 3,
    }
    assert faces.skipped == {
        "image outside the folders of the expressions": 1,
        "sequence without images": 1,
        "sequence missing": 1,
    }


def test_an_unknown_expression_is_named(write_recording) -> None:
    root = write_recording(CROPPED, ("P001",))
    (root / CROPPED / "P001" / "Angger").mkdir()
    with pytest.raises(
        DataError, match=r"P001/Angger: unknown expression .*mean 'Anger'.*known ar"
    ):
        oulu_casia(root=root)


def test_a_folder_without_it_says_what_was_looked_for(tmp_path: Path) -> None:
    (tmp_path / "readme.txt").touch()
    with pytest.raises(
        DataError, match=r"VL_Acropped/Strong/P001.*has readme\.txt\).*licence"
    ) as e:
        oulu_casia(root=tmp_path)
    assert "cse.oulu.fi" in str(e.value)
