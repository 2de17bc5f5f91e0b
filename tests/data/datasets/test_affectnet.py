import os
import pickle
from pathlib import Path

import numpy as np
import pytest

from crs_plugin.data import DataError
from crs_plugin.data.datasets.affectnet import ABOUT, affectnet

NAMES = ["neutral", "happiness", "sadness", "surprise", "fear", "disgust", "anger", "contempt"]
HEADER = (
    "subDirectory_filePath,face_x,face_y,face_width,face_height,facial_landmarks,expression,"
    "valence,arousal"
)


def annotate(root: Path, part: str, number: int, label: object) -> None:
    folder = root / part / "annotations"
    folder.mkdir(parents=True, exist_ok=True)
    np.save(folder / f"{number}_exp.npy", np.array(label))
    np.save(folder / f"{number}_val.npy", np.array("0.5"))


@pytest.fixture
def later(tmp_path: Path, write_image) -> Path:
    for number in range(8):
        write_image(tmp_path / "train_set" / "images" / f"{number}.jpg", mode="RGB")
        annotate(tmp_path, "train_set", number, str(number))
    write_image(tmp_path / "val_set" / "images" / "0.jpg", mode="RGB")
    annotate(tmp_path, "val_set", 0, "6")
    return tmp_path


def write_csv(file: Path, rows: list[str], header: str = HEADER) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes("\r\n".join([header, *rows, ""]).encode("utf-8-sig"))


def row(image: str, expression: object, box: str = "1,2,3,4") -> str:
    return f"{image},{box},1.0;2.0;3.0,{expression},0.1,-0.2"


@pytest.fixture
def old(tmp_path: Path, write_image) -> Path:
    rows = [row(f"{n % 2}/{n}.jpg", n) for n in range(11)]
    for n in range(11):
        write_image(tmp_path / "Manually_Annotated_Images" / f"{n % 2}/{n}.jpg", size=10)
    write_image(tmp_path / "Manually_Annotated_Images" / "0/v.jpg", size=10)
    write_csv(tmp_path / "training.csv", rows)
    write_csv(tmp_path / "validation.csv", [row("0/v.jpg", 3)])
    return tmp_path


def test_later_release(later: Path) -> None:
    faces = affectnet(root=later)
    assert faces.counts() == {"train": dict.fromkeys(NAMES, 1) | {}, "valid": {"anger": 1}}
    by_number = [faces.take(np.array([i])).expressions[0] for i in range(8)]
    assert by_number == NAMES
    assert faces.images.name(3) == str(later / "train_set/images/3.jpg")
    assert faces.images.read(0).shape == (3, 8, 8)
    assert faces.skipped == {}
    assert list(ABOUT.labels.values()) == [*NAMES, None, None, None]


@pytest.mark.parametrize("label", [3, 3.0, b"3", "3", [3]])
def test_labels_of_the_later_release_in_any_type(later: Path, label: object) -> None:
    annotate(later, "val_set", 0, label)
    assert affectnet(root=later).counts()["valid"] == {"surprise": 1}


def test_seven_classes_leave_contempt_out(later: Path, old: Path) -> None:
    faces = affectnet(root=later, classes=7)
    assert faces.expressions == tuple(
        sorted(NAMES[:7], key=affectnet(root=later).expressions.index)
    )
    assert faces.skipped == {"contempt, left out by 'classes: 7'": 1}
    with pytest.raises(DataError, match="'classes' must be 7 or 8, not 6"):
        affectnet(root=later, classes=6)  # type: ignore[arg-type]


def test_images_and_labels_that_miss_each_other_are_counted(later: Path, write_image) -> None:
    annotate(later, "train_set", 98, "1")
    annotate(later, "train_set", 97, "10")
    write_image(later / "train_set" / "images" / "97.jpg")
    write_image(later / "train_set" / "images" / "99.jpg")
    for litter in ("images/.DS_Store", "images/._1.jpg", "annotations/._1_exp.npy"):
        (later / "train_set" / litter).touch()
    (later / "train_set/images/5.jpg").rename(later / "train_set/images/5.JPG")
    faces = affectnet(root=later)
    assert len(faces) == 9
    assert faces.skipped == {
        "image file missing": 1,
        "labelled no face": 1,
        "image without a label": 1,
    }


@pytest.mark.parametrize("inner", ["", "train_set"])
def test_parts_unpacked_into_a_folder_of_their_own(later: Path, inner: str) -> None:
    part = later / "train_set"
    part.rename(later / "moved")
    part.mkdir()
    (later / "moved").rename(part / "train_set")
    assert len(affectnet(root=later / inner)) == 9


@pytest.mark.parametrize("inner", ["", "train_set", "..", "../.."])
def test_root_one_folder_off(later: Path, inner: str, tmp_path_factory) -> None:
    outer = tmp_path_factory.mktemp("outer")
    (outer / "AffectNet").mkdir()
    later.rename(outer / "AffectNet" / "data")
    root = outer / "AffectNet" / "data"
    if inner == "../..":
        with pytest.raises(DataError, match=r"train_set or val_set or .* is missing in .*outer"):
            affectnet(root=outer)
    else:
        assert len(affectnet(root=Path(os.path.normpath(root / inner)))) == 9


def test_a_pickle_is_never_loaded(later: Path) -> None:
    class Trap:
        def __reduce__(self):  # type: ignore[no-untyped-def]
            return os.mkdir, (str(later / "sprung"),)

    file = later / "train_set" / "annotations" / "2_exp.npy"
    np.save(file, np.array(Trap(), dtype=object), allow_pickle=True)
    with pytest.raises(DataError, match=r"2_exp\.npy: is no label: .*without this file"):
        affectnet(root=later)
    file.write_bytes(pickle.dumps("2"))
    with pytest.raises(DataError, match=r"2_exp\.npy: is no label"):
        affectnet(root=later)
    assert not (later / "sprung").exists()


@pytest.mark.parametrize(
    ("label", "message"),
    [
        ("11", "unknown label '11'; known are 0 neutral, .* 8 left out"),
        ("2.5", "a class is a whole number, not 2.5"),
        ("happy", "is no label"),
        ([1, 2], "is no label"),
    ],
)
def test_broken_labels_name_the_file(later: Path, label: object, message: str) -> None:
    annotate(later, "val_set", 0, label)
    with pytest.raises(DataError, match=rf"val_set/annotations/0_exp\.npy: .*{message}"):
        affectnet(root=later)
    (later / "val_set/annotations/0_exp.npy").write_bytes(b"")
    with pytest.raises(DataError, match=r"0_exp\.npy: is no label"):
        affectnet(root=later)


def test_old_release_cuts_faces_out(old: Path) -> None:
    faces = affectnet(root=old)
    assert faces.counts() == {"train": dict.fromkeys(NAMES, 1), "valid": {"surprise": 1}}
    assert [faces.take(np.array([i])).expressions[0] for i in range(8)] == NAMES
    assert faces.images.read(0).shape == (1, 4, 3)
    assert faces.skipped == {"labelled none": 1, "labelled uncertain": 1, "labelled no face": 1}


def test_images_that_are_cut_out_already_are_taken_whole(old: Path) -> None:
    write_csv(old / "training.csv", [row(f"{n % 2}/{n}.jpg", n, "9,9,80,80") for n in range(8)])
    assert affectnet(root=old).images.read(0).shape == (1, 10, 10)


def test_old_release_in_its_own_folders(old: Path) -> None:
    lists = old / "Manually_Annotated_file_lists"
    lists.mkdir()
    for name in ("training.csv", "validation.csv"):
        (old / name).rename(lists / name)
    images = old / "Manually_Annotated_Images"
    images.rename(old / "moved")
    images.mkdir()
    (old / "moved").rename(images / "Manually_Annotated_Images")
    assert len(affectnet(root=old)) == 9
    assert len(affectnet(root=lists)) == 9


def test_old_release_with_the_images_folders_beside_the_lists(old: Path) -> None:
    for part in ("0", "1"):
        (old / "Manually_Annotated_Images" / part).rename(old / part)
    (old / "Manually_Annotated_Images").rmdir()
    assert len(affectnet(root=old)) == 9


def test_old_release_counts_what_is_missing(old: Path, write_image) -> None:
    write_image(old / "Manually_Annotated_Images" / "0" / "more.jpg")
    rows = [row("0/0.jpg", 0), row("0/2.jpg", 0, "NULL,NULL,NULL,NULL"), row("9/9.jpg", 0)]
    write_csv(old / "training.csv", [*rows, *(row(f"1/{n}.jpg", n) for n in (1, 3, 5, 7, 9))])
    assert affectnet(root=old).skipped == {
        "face box missing": 1,
        "image file missing": 1,
        "labelled uncertain": 1,
        "image without a label": 5,
    }


def test_old_release_names_the_broken_line(old: Path) -> None:
    write_csv(old / "training.csv", [row("0/0.jpg", 0), row("0/2.jpg", 11)])
    with pytest.raises(DataError, match=r"training\.csv:3: unknown label '11'"):
        affectnet(root=old)
    write_csv(old / "training.csv", [], HEADER.replace("face_x", "facex"))
    with pytest.raises(DataError, match=r"training\.csv:1: there is no column 'face_x'"):
        affectnet(root=old)


def test_valid_may_play_the_test_set(later: Path) -> None:
    assert affectnet(root=later, valid_as_test=True).counts()["test"] == {"anger": 1}


def test_missing_set_says_how_to_get_it(tmp_path: Path) -> None:
    (tmp_path / "affectnet.zip").touch()
    with pytest.raises(DataError, match=r"training\.csv or .* has affectnet\.zip.*mohammadmahoor"):
        affectnet(root=tmp_path)
    (tmp_path / "Manually_Annotated_file_lists").mkdir()
    with pytest.raises(DataError, match=r"training\.csv or validation\.csv is .*lists is empty"):
        affectnet(root=tmp_path)
    (tmp_path / "train_set" / "annotations").mkdir(parents=True)
    with pytest.raises(DataError, match=r"images is missing in .*train_set .* has annotations"):
        affectnet(root=tmp_path)
