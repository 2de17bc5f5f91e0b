"""``crs data preview``."""

from PIL import Image

SMALL = ("--set", "data.train=24", "--set", "data.test=8", "--set", "data.size=32")


def test_a_contact_sheet_is_written_and_the_counts_are_printed(call, capsys, tmp_path, monkeypatch):
    monkeypatch.setenv("CRS_CACHE", str(tmp_path / "cache"))
    assert call("data", "preview", "crs_cont_resnet18", *SMALL, "--columns", "3") == 0
    printed = capsys.readouterr().out
    assert "32 images" in printed
    assert "train: neutral" in printed
    with Image.open(tmp_path / "preview.png") as sheet:
        assert sheet.width == 170 + 3 * 96
        assert sheet.height == 8 * 96


def test_a_folder_that_is_not_there_is_named_before_anything_is_drawn(call, capsys, monkeypatch):
    monkeypatch.setattr("crs_plugin.recipe.load_recipe", None)
    assert call("data", "preview", "crs_cont_resnet18", "--output", "none/sheet.png") == 2
    assert "none/sheet.png: there is no folder none" in capsys.readouterr().err


def test_a_picture_has_a_pictures_name(call, capsys, tmp_path):
    assert call("data", "preview", "crs_cont_resnet18", "--output", "sheet.txt") == 2
    assert ".png" in capsys.readouterr().err
    assert not (tmp_path / "sheet.txt").exists()
