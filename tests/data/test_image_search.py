import pytest

from crs_plugin.data.dataset import DataError
from crs_plugin.data.image_search import find_images


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("b.PNG", "a.jpg", "deep/er/c.webp", "notes.txt", ".DS_Store", "._a.jpg"):
        path = tmp_path / "faces" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    (tmp_path / ".cache").mkdir()
    (tmp_path / "faces" / "__MACOSX").mkdir()
    (tmp_path / "faces" / "__MACOSX" / "d.jpg").touch()
    return tmp_path


def test_folders_are_searched_at_any_depth_without_litter(folder):
    assert find_images(["faces"]) == ["faces/a.jpg", "faces/b.PNG", "faces/deep/er/c.webp"]


def test_files_are_taken_as_they_are_called_each_once(folder):
    given = ["faces/notes.txt", "faces/b.PNG", folder / "faces", "faces", "faces/b.PNG"]
    found = find_images(given)
    assert found[:2] == ["faces/notes.txt", "faces/b.PNG"]
    assert len(found) == 2 + 3 + 2


@pytest.mark.parametrize(
    ("given", "message"),
    [("none", "no file or folder none"), (".cache", r"\.cache has no image file \(\.bmp, ")],
)
def test_where_there_is_no_image_it_is_told(folder, given, message):
    with pytest.raises(DataError, match=message):
        find_images([given])
