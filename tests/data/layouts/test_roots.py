from pathlib import Path

import pytest

from crs_plugin.data import DataError
from crs_plugin.data.layouts.roots import (
    data_root,
    entry_in,
    first_that_exists,
    inside,
    set_folder,
    unpacked,
)


def test_named_folder_wins_over_the_variable(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setenv("CRS_DATA", str(tmp_path / "elsewhere"))
    assert data_root(tmp_path, "raf_db") == tmp_path


def test_default_is_the_sets_folder_below_the_variable(tmp_path: Path, monkeypatch) -> None:
    (tmp_path / "raf_db").mkdir()
    monkeypatch.setenv("CRS_DATA", str(tmp_path))
    assert data_root(None, "raf_db") == tmp_path / "raf_db"


def test_home_is_expanded(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "faces").mkdir()
    assert data_root(Path("~/faces"), "raf_db") == tmp_path / "faces"


def test_without_folder_and_variable_the_message_says_what_to_set(monkeypatch) -> None:
    monkeypatch.delenv("CRS_DATA", raising=False)
    with pytest.raises(DataError) as raised:
        data_root(None, "raf_db", "Ask its authors.")
    assert str(raised.value) == (
        "data set raf_db: no folder is given. Set 'root', or the environment variable CRS_DATA"
        " to a folder that has a folder raf_db. Ask its authors."
    )


def test_missing_folder_shows_what_is_there_instead(tmp_path: Path, monkeypatch) -> None:
    for name in ("RAF-DB", "ferplus", ".hidden"):
        (tmp_path / name).mkdir()
    monkeypatch.setenv("CRS_DATA", str(tmp_path))
    with pytest.raises(DataError) as raised:
        data_root(None, "raf_db", "Ask its authors.")
    message = str(raised.value)
    assert f"no folder {tmp_path / 'raf_db'} ({tmp_path} has RAF-DB, ferplus)" in message
    assert "CRS_DATA to a folder that has a folder raf_db. Ask its authors." in message


def test_long_listings_are_cut_and_the_nearest_folder_is_listed(tmp_path: Path) -> None:
    for i in range(20):
        (tmp_path / f"f{i:02d}").touch()
    with pytest.raises(DataError, match=r"has f00, .*f07, … \(20 entries\)\)"):
        data_root(tmp_path / "deep" / "down", "x")


def test_missing_file_shows_what_is_there_instead(tmp_path: Path) -> None:
    (tmp_path / "labels.txt").touch()
    with pytest.raises(DataError, match=r"a\.csv or b\.csv is missing in .* has labels\.txt"):
        first_that_exists(tmp_path, ("a.csv", "b.csv"), "x")
    (tmp_path / "b.csv").touch()
    assert first_that_exists(tmp_path, ("a.csv", "b.csv"), "x") == tmp_path / "b.csv"


@pytest.mark.parametrize("path", ["a/b.png", "./a//b.png", "a/c/../b.png", "a\\b.png"])
def test_paths_inside_are_made_plain(tmp_path: Path, path: str) -> None:
    assert inside(tmp_path, path, "x:1") == "a/b.png"


def test_absolute_paths_are_fine_inside(tmp_path: Path) -> None:
    assert inside(tmp_path, str(tmp_path / "a.png"), "x:1") == "a.png"


@pytest.mark.parametrize("path", ["../a.png", "a/../../b.png", "..\\a.png", "/etc/passwd", "", "."])
def test_paths_that_leave_the_folder_are_refused(tmp_path: Path, path: str) -> None:
    with pytest.raises(DataError, match=r"^x\.csv:3: path .* is not inside the data set's folder"):
        inside(tmp_path, path, "x.csv:3")


MARKERS = ("train_set/images", "training.csv")


@pytest.mark.parametrize("root", [".", "..", "train_set", "TRAIN_SET"])
def test_a_sets_folder_is_found_one_off(tmp_path: Path, root: str) -> None:
    folder = tmp_path / "set"
    inner = "TRAIN_SET" if root == "TRAIN_SET" else "train_set"
    (folder / inner / "images").mkdir(parents=True)
    (tmp_path / "unrelated").mkdir()
    assert set_folder((folder / root).resolve(), "x", MARKERS) == folder


def test_a_sets_folder_by_a_relative_path(tmp_path: Path, monkeypatch) -> None:
    (tmp_path / "train_set" / "images").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "train_set")
    assert set_folder(Path("."), "x", MARKERS) == tmp_path


def test_several_folders_that_could_be_it(tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / name / "train_set" / "images").mkdir(parents=True)
    with pytest.raises(DataError, match=r"x: one, two in .* all look like it; set 'root' to one"):
        set_folder(tmp_path, "x", MARKERS)


def test_no_set_folder_says_what_was_looked_for(tmp_path: Path) -> None:
    (tmp_path / "a.zip").touch()
    with pytest.raises(
        DataError, match=r"train_set/images or training\.csv is .* has a\.zip\). Ask"
    ):
        set_folder(tmp_path, "x", MARKERS, "Ask its authors.")


def test_entries_in_another_case_unless_ambiguous(tmp_path: Path) -> None:
    (tmp_path / "Image" / "ALIGNED").mkdir(parents=True)
    assert entry_in(tmp_path, "image/aligned") == tmp_path / "Image" / "ALIGNED"
    assert entry_in(tmp_path, "image/original") is None
    (tmp_path / "image").mkdir()
    assert entry_in(tmp_path, "IMAGE/aligned") is None
    assert entry_in(tmp_path, "Image/aligned") == tmp_path / "Image" / "ALIGNED"


def test_unpacked_goes_down_while_there_is_one_folder_only(tmp_path: Path) -> None:
    (tmp_path / "a" / "a").mkdir(parents=True)
    (tmp_path / "__MACOSX").mkdir()
    assert unpacked(tmp_path) == tmp_path / "a" / "a"
    (tmp_path / "a" / "x.png").touch()
    assert unpacked(tmp_path) == tmp_path / "a"


def test_the_nearest_folder_beside_a_missing_one_is_suggested(tmp_path: Path) -> None:
    (tmp_path / "raf_db").mkdir()
    (tmp_path / "raf_dc").write_text("a file")
    with pytest.raises(DataError, match=r"no folder .*/raf-db \(did you mean 'raf_db'\?\)"):
        data_root(tmp_path / "raf-db", "raf_db")
