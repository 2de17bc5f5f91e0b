from pathlib import Path

import pytest

from crs_plugin.data import DataError
from crs_plugin.data.datasets.jaffe import jaffe

CODES = ("AN", "DI", "FE", "HA", "NE", "SA", "SU")
NAMES = ("anger", "disgust", "fear", "happiness", "neutral", "sadness", "surprise")


@pytest.fixture
def root(tmp_path: Path, write_image) -> Path:
    for number, code in enumerate(CODES, start=39):
        write_image(tmp_path / f"KA.{code}1.{number}.tiff", 256)
    write_image(tmp_path / "KA.HA2.30.tiff", 256)
    write_image(tmp_path / "YM.HA1.52.tiff", 256)
    (tmp_path / "README_FIRST.txt").write_text("ratings")
    return tmp_path


def test_expression_and_person_are_read_from_the_name(root: Path) -> None:
    faces = jaffe(root=root)
    counts = dict.fromkeys(NAMES, 1) | {"happiness": 3}
    assert faces.counts() == {"all": counts}
    files = [Path(faces.images.name(i)).name for i in range(len(faces))]
    assert {
        file[3:5]: faces.take(faces.fine[:1] * 0 + i).expressions[0] for i, file in enumerate(files)
    } == dict(zip(CODES, NAMES, strict=True))
    assert faces.subject_known
    subjects = {file[:2]: int(subject) for file, subject in zip(files, faces.subject, strict=True)}
    assert subjects == {"KA": 0, "YM": 1}
    assert faces.images.read(0).shape == (1, 256, 256)
    assert faces.skipped == {"not an image file (.txt)": 1}


def test_folders_and_case_do_not_matter(tmp_path: Path, write_image) -> None:
    for path in ("jaffe/KA.AN1.39.TIFF", "jaffe/ka.an2.40.tiff", "KR/KR.SU1.80.png"):
        write_image(tmp_path / path)
    for path in (".DS_Store", "jaffe/Thumbs.db", "__MACOSX/jaffe/._KA.AN1.39.TIFF"):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).touch()
    faces = jaffe(root=tmp_path)
    assert faces.counts() == {"all": {"surprise": 1, "anger": 2}}
    assert faces.skipped == {}


def test_copies_and_other_images_are_counted(root: Path, write_image) -> None:
    write_image(root / "jaffedbase" / "KA.AN1.39.tiff")
    write_image(root / "KA.XX1.39.tiff")
    faces = jaffe(root=root)
    assert len(faces) == 9
    assert faces.skipped["image that is there twice by its name"] == 1
    assert faces.skipped["image whose name is not like KA.AN1.39.tiff"] == 1


def test_a_folder_without_it_says_what_was_looked_for(tmp_path: Path, write_image) -> None:
    write_image(tmp_path / "happy" / "a.png")
    message = (
        r"this is not found in .*: images with names like KA\.AN1\.39\.tiff.*has happy\).*zeno"
    )
    with pytest.raises(DataError, match=message):
        jaffe(root=tmp_path)
    with pytest.raises(DataError, match=r"there is no folder .*on request: https://zenodo"):
        jaffe(root=tmp_path / "nowhere")
