import errno
import os
from contextlib import suppress
from pathlib import Path

import pytest

from crs_plugin.files import atomic_path, remove_leftovers, write_atomically


def test_a_file_is_replaced_as_a_whole(tmp_path: Path) -> None:
    file = tmp_path / "a.txt"
    write_atomically(file, "old")
    with suppress(RuntimeError), atomic_path(file) as temporary:
        temporary.write_text("half of the n")
        raise RuntimeError
    assert file.read_text() == "old"
    write_atomically(file, b"new")
    assert [path.name for path in tmp_path.iterdir()] == ["a.txt"]
    assert file.read_text() == "new"


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError) as raised:
        write_atomically(tmp_path / "none" / "a.txt", "x")
    assert raised.value.filename == str(tmp_path / "none")


def test_leftovers_of_killed_processes_are_removed(tmp_path: Path) -> None:
    others = [tmp_path / name for name in ("a.txt", "b.txt", ".b.txt.x.txt", ".a.txt.x.bin")]
    for file in (*others, tmp_path / ".a.txt.k2.txt"):
        file.write_text("half")
    remove_leftovers(tmp_path / "a.txt")
    assert sorted(tmp_path.iterdir()) == sorted(others)


def test_what_cannot_be_written_is_named_and_leaves_nothing(tmp_path: Path) -> None:
    file = tmp_path / "a.txt"
    write_atomically(file, "old")
    with pytest.raises(OSError, match="No space left") as raised, atomic_path(file):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))  # a stream knows no name
    assert raised.value.filename == str(file)
    with pytest.raises(FileNotFoundError) as raised, atomic_path(file):
        (tmp_path / "other.txt").read_text()
    assert raised.value.filename == str(tmp_path / "other.txt")
    assert [path.name for path in tmp_path.iterdir()] == ["a.txt"]
    assert file.read_text() == "old"


def test_a_file_system_that_renames_over_nothing(tmp_path: Path, monkeypatch) -> None:
    def rename_to_a_new_name(source: Path, target: Path) -> None:
        if os.path.exists(target):
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(target))
        os.rename(source, target)

    monkeypatch.setattr(os, "replace", rename_to_a_new_name)
    for content in ("old", "new"):
        write_atomically(tmp_path / "a.txt", content)
        assert (tmp_path / "a.txt").read_text() == content
    assert [path.name for path in tmp_path.iterdir()] == ["a.txt"]
    rename = os.rename

    def fails_for_the_new_one(source: Path, target: Path) -> None:
        if "before" not in source.name and "before" not in target.name:
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        rename(source, target)

    monkeypatch.setattr(os, "rename", fails_for_the_new_one)
    with pytest.raises(OSError, match="Input/output error"):
        write_atomically(tmp_path / "a.txt", "newer")
    assert [path.name for path in tmp_path.iterdir()] == ["a.txt"]
    assert (tmp_path / "a.txt").read_text() == "new"
