from pathlib import Path

import pytest

from crs_plugin.data import DataError
from crs_plugin.data.datasets.image_folder import image_folder


def test_one_folder_per_class_in_any_spelling(tmp_path: Path, write_image) -> None:
    for path in ("Happy/b.JPG", "Happy/a.Png", "sad/x.jpeg", "happily_surprised/1.bmp"):
        write_image(tmp_path / path)
    faces = image_folder(root=tmp_path)
    assert faces.counts() == {"all": {"happiness": 2, "sadness": 1, "happily surprised": 1}}
    assert [Path(faces.images.name(i)).name for i in range(2)] == ["a.Png", "b.JPG"]
    assert faces.name == tmp_path.name
    assert faces.skipped == {}


@pytest.mark.parametrize("valid", ["val", "Validation", "VALID"])
def test_splits_above_the_classes(tmp_path: Path, write_image, valid: str) -> None:
    for path in (
        "Train/anger/a.png",
        "Train/fear/b.png",
        "test/anger/c.png",
        f"{valid}/fear/d.png",
    ):
        write_image(tmp_path / path)
    assert image_folder(root=tmp_path).counts() == {
        "train": {"anger": 1, "fear": 1},
        "valid": {"fear": 1},
        "test": {"anger": 1},
    }


def test_litter_is_ignored_and_other_files_are_counted(tmp_path: Path, write_image) -> None:
    write_image(tmp_path / "anger" / "deep" / "down" / "a.png")
    write_image(tmp_path / "__MACOSX" / "anger" / "a.png")
    write_image(tmp_path / "stray.png")
    for path in (".DS_Store", "Thumbs.db", "anger/.DS_Store", "anger/desktop.ini", "anger/._a.png"):
        (tmp_path / path).touch()
    (tmp_path / "anger" / "notes.txt").touch()
    faces = image_folder(root=tmp_path)
    assert faces.counts() == {"all": {"anger": 1}}
    assert faces.skipped == {
        "not an image file (.txt)": 1,
        "image outside the folders of the classes": 1,
    }


def test_classes_rename_and_leave_out(tmp_path: Path, write_image) -> None:
    for path in ("1/a.png", "2/b.png", "no-face/c.png", "no-face/d.png"):
        write_image(tmp_path / path)
    faces = image_folder(root=tmp_path, classes={"1": "surprise", "2": "afraid", "no-face": None})
    assert faces.counts() == {"all": {"surprise": 1, "fear": 1}}
    assert faces.skipped == {"folder no-face left out by 'classes'": 2}


def test_links_are_followed_but_not_in_circles(tmp_path: Path, write_image) -> None:
    write_image(tmp_path / "elsewhere" / "a.png")
    root = tmp_path / "root"
    root.mkdir()
    (root / "anger").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "elsewhere" / "again").symlink_to(tmp_path / "elsewhere")
    assert len(image_folder(root=root)) == 1


def test_unknown_folder_suggests_the_nearest_and_the_option(tmp_path: Path, write_image) -> None:
    write_image(tmp_path / "angr" / "a.png")
    with pytest.raises(DataError, match=r"angr: unknown expression .*'anger'\?.*option 'classes'"):
        image_folder(root=tmp_path)


def test_all_unknown_folders_are_told_at_once(tmp_path: Path, write_image) -> None:
    for name in ("angr", "hapy", "fear"):
        write_image(tmp_path / name / "a.png")
    with pytest.raises(DataError, match=r"/angr: unknown .*/hapy: unknown .*what each stands"):
        image_folder(root=tmp_path)


def test_option_for_a_folder_that_is_not_there(tmp_path: Path, write_image) -> None:
    write_image(tmp_path / "contempt" / "a.png")
    with pytest.raises(DataError, match=r"'contemt' .*'contempt'.*which is not in"):
        image_folder(root=tmp_path, classes={"contemt": None})


def test_empty_class_folder(tmp_path: Path, write_image) -> None:
    write_image(tmp_path / "train" / "anger" / "a.png")
    (tmp_path / "train" / "fear").mkdir()
    with pytest.raises(DataError, match=r"class folder .*/train/fear has no image; remove it"):
        image_folder(root=tmp_path)
    faces = image_folder(root=tmp_path, classes={"fear": None})
    assert faces.counts() == {"train": {"anger": 1}}


def test_one_folder_more(tmp_path: Path, write_image) -> None:
    write_image(tmp_path / "download" / "faces" / "train" / "anger" / "a.png")
    write_image(tmp_path / "__MACOSX" / "anger" / "a.png")
    assert image_folder(root=tmp_path).counts() == {"train": {"anger": 1}}
    write_image(tmp_path / "other" / "anger" / "a.png")
    with pytest.raises(DataError, match="download: unknown expression"):
        image_folder(root=tmp_path)


def test_one_folder_more_whose_classes_are_named_by_the_option(tmp_path: Path, write_image) -> None:
    write_image(tmp_path / "faces" / "1" / "a.png")
    faces = image_folder(root=tmp_path, classes={"1": "anger"})
    assert faces.counts() == {"all": {"anger": 1}}


def test_splits_beside_classes(tmp_path: Path, write_image) -> None:
    write_image(tmp_path / "train" / "anger" / "a.png")
    write_image(tmp_path / "fear" / "a.png")
    with pytest.raises(DataError, match=r"splits \(train\) beside others \(fear\)"):
        image_folder(root=tmp_path)


def test_folder_without_classes(tmp_path: Path) -> None:
    (tmp_path / "a.txt").touch()
    with pytest.raises(DataError, match=r"no folder of a class in .* has a\.txt"):
        image_folder(root=tmp_path)


def test_everything_left_out(tmp_path: Path, write_image) -> None:
    write_image(tmp_path / "anger" / "a.png")
    with pytest.raises(DataError, match=r"no image is left .*1 × folder anger left out"):
        image_folder(root=tmp_path, classes={"anger": None})


def test_no_folder(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"there is no folder .*missing .*Set 'root'"):
        image_folder(root=tmp_path / "missing")
