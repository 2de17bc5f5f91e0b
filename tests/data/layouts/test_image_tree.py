import re
from pathlib import Path

import pytest

from crs_plugin.data import DataError
from crs_plugin.data.layouts.image_tree import files_below, folders_in, folders_with

PERSON = re.compile(r"P\d")


def make(root: Path, *files: str) -> None:
    for file in files:
        (root / file).parent.mkdir(parents=True, exist_ok=True)
        (root / file).touch()


def test_files_come_in_order_and_without_litter(tmp_path: Path) -> None:
    make(tmp_path, "b/2.png", "b/10.png", "a.png", "b/.DS_Store", "__MACOSX/a.png", "c/Thumbs.db")
    assert list(files_below(tmp_path)) == ["a.png", "b/10.png", "b/2.png"]


def test_links_are_followed_but_not_in_circles(tmp_path: Path) -> None:
    make(tmp_path, "elsewhere/a.png", "root/b.png")
    (tmp_path / "root" / "link").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "elsewhere" / "back").symlink_to(tmp_path / "root")
    assert list(files_below(tmp_path / "root")) == ["b.png", "link/a.png"]


def test_folders_that_hold_persons(tmp_path: Path) -> None:
    make(tmp_path, "one/P1/P2/a.png", "one/two/P1/a.png", "other/1.png", "P9.png")
    assert folders_with(tmp_path, PERSON, 2) == ["one", "one/two"]
    assert folders_with(tmp_path, PERSON, 1) == ["one"]
    assert folders_with(tmp_path / "one", PERSON, 0) == [""]


def test_a_folder_that_cannot_be_listed(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="nowhere cannot be listed: No such file"):
        folders_in(tmp_path / "nowhere")
