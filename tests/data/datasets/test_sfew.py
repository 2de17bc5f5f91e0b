from pathlib import Path

import pytest

from crs_plugin.data import DataError
from crs_plugin.data.datasets.sfew import sfew

CLASSES = {
    "Angry": "anger",
    "Disgust": "disgust",
    "Fear": "fear",
    "Happy": "happiness",
    "Neutral": "neutral",
    "Sad": "sadness",
    "Surprise": "surprise",
}


@pytest.fixture
def root(tmp_path: Path, write_image) -> Path:
    for split in ("Train", "Val"):
        for name in CLASSES:
            write_image(tmp_path / split / name / "Airheads_000519240_00000005.png", mode="RGB")
    write_image(tmp_path / "Test" / "a.png")
    write_image(tmp_path / "Test" / "deep" / "b.png")
    return tmp_path


def test_train_and_valid_and_withheld_labels(root: Path) -> None:
    faces = sfew(root=root)
    assert faces.counts() == {s: dict.fromkeys(faces.expressions, 1) for s in ("train", "valid")}
    assert set(faces.expressions) == set(CLASSES.values())
    by_folder = {
        Path(faces.images.name(i)).parent.name: faces.take(faces.fine[:1] * 0 + i).expressions[0]
        for i in range(len(faces))
    }
    assert by_folder == CLASSES
    assert faces.skipped == {"test image, whose label is withheld": 2}


def test_valid_may_play_the_test_set(root: Path) -> None:
    assert sfew(root=root, valid_as_test=True).counts().keys() == {"train", "test"}


def test_aligned_faces_come_before_whole_frames(root: Path, write_image) -> None:
    for name in CLASSES:
        write_image(root / "Val" / "Val_Aligned_Faces" / name / "face.png", size=5)
    faces = sfew(root=root)
    assert [Path(faces.images.name(i)).name for i in range(7, 14)] == ["face.png"] * 7


def test_litter_and_one_folder_more_and_less(root: Path) -> None:
    (root / "__MACOSX").mkdir()
    (root / "Train" / "Thumbs.db").touch()
    (root / "Train" / "Angry" / "._a.png").touch()
    assert len(sfew(root=root.parent if len(list(root.parent.iterdir())) == 1 else root)) == 14
    assert len(sfew(root=root / "Train")) == 14


def test_missing_set_says_how_to_get_it(tmp_path: Path) -> None:
    (tmp_path / "SFEW_2.zip").touch()
    with pytest.raises(
        DataError, match=r"Train or Val is missing .* has SFEW_2\.zip.*anu\.edu\.au"
    ):
        sfew(root=tmp_path)


def test_folders_that_are_no_classes(tmp_path: Path, write_image) -> None:
    write_image(tmp_path / "Train" / "Airheads" / "a.png")
    write_image(tmp_path / "Train" / "Hangover" / "a.png")
    with pytest.raises(DataError, match=r"/Train/Airheads: unknown label 'Airheads'; known are An"):
        sfew(root=tmp_path)
    (tmp_path / "other" / "Train").mkdir(parents=True)
    with pytest.raises(DataError, match=r"no folder of a class in .*other/Train .* is empty"):
        sfew(root=tmp_path / "other")
