from pathlib import Path

import pytest

from crs_plugin.data import DataError
from crs_plugin.data.datasets.fed_ro import fed_ro

CLASSES = {
    "angry": "anger",
    "disgust": "disgust",
    "fear": "fear",
    "happy": "happiness",
    "neural": "neutral",
    "sad": "sadness",
    "surprise": "surprise",
}


@pytest.fixture
def root(tmp_path: Path, write_image) -> Path:
    for name in CLASSES:
        write_image(tmp_path / "FED-RO_crop" / name / "1.JPG", mode="RGB")
    return tmp_path


@pytest.mark.parametrize("inner", ["", "FED-RO_crop", "FED-RO_crop/happy"])
def test_test_split_only_from_any_folder(root: Path, inner: str) -> None:
    faces = fed_ro(root=root / inner)
    assert faces.counts() == {"test": dict.fromkeys(faces.expressions, 1)}
    by_folder = {
        Path(faces.images.name(i)).parent.name: faces.take(faces.fine[:1] * 0 + i).expressions[0]
        for i in range(7)
    }
    assert by_folder == CLASSES


def test_two_copies_are_ambiguous(root: Path, write_image) -> None:
    write_image(root / "FED-RO_origin" / "happy" / "1.jpg")
    with pytest.raises(DataError, match=r"FED-RO_crop, FED-RO_origin in .* all look like it"):
        fed_ro(root=root)


def test_neutral_spelt_right_and_in_capitals(root: Path) -> None:
    (root / "FED-RO_crop" / "neural").rename(root / "FED-RO_crop" / "Neutral")
    assert "neutral" in fed_ro(root=root).expressions


def test_missing_set_says_how_to_get_it(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"angry or disgust or .* is missing .* is empty.*PG-CNN"):
        fed_ro(root=tmp_path)
