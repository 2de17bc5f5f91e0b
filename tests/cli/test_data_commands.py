"""``crs data preview`` and ``crs data augment``."""

import pytest
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


AUGMENT = ("data", "augment", "crs_cont_resnet18", *SMALL, "--images", "3", "--draws", "2")


def test_a_picture_of_the_views_is_written(call, capsys, tmp_path, monkeypatch):
    monkeypatch.setenv("CRS_CACHE", str(tmp_path / "cache"))
    assert call(*AUGMENT) == 0
    printed = capsys.readouterr().out
    assert "fer_two_views, seed 0: 3 images of synthetic_faces" in printed
    assert "2 draws of 2 × 48×48 px\nwrote augmented.png" in printed
    with Image.open(tmp_path / "augmented.png") as sheet:
        assert sheet.width > 5 * 96
        assert 3 * 96 < sheet.height < 3 * 96 + 100


def test_the_picture_follows_from_the_seed(call, tmp_path, monkeypatch):
    monkeypatch.setenv("CRS_CACHE", str(tmp_path / "cache"))
    for name, seed in (("a", "1"), ("b", "1"), ("c", "2")):
        assert call(*AUGMENT, "--output", f"{name}.png", "--seed", seed) == 0
    a, b, c = ((tmp_path / f"{name}.png").read_bytes() for name in "abc")
    assert a == b != c


def test_a_component_is_shown_alone(call, capsys, tmp_path, monkeypatch):
    monkeypatch.setenv("CRS_CACHE", str(tmp_path / "cache"))
    erasing = ("--component", "kornia/RandomErasing", "--output", "sheet.jpg")
    assert call(*AUGMENT, *erasing) == 0
    assert "kornia/RandomErasing, seed 0: 3 images" in capsys.readouterr().out
    with Image.open(tmp_path / "sheet.jpg") as sheet:
        assert sheet.format == "JPEG"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--component", "kornia/RandomErasin"), "did you mean 'kornia/RandomErasing'?"),
        (("--component", "kornia/RandomCrop"), "'size'. Make it a step of the recipe's"),
        (("--output", "none/sheet.png"), "none/sheet.png: there is no folder none"),
        (("--output", "sheet.gif"), "sheet.gif: a picture's name ends with .png or .jpg"),
        (("--set", "augmentation.flipp=1"), "has no option 'flipp'; did you mean 'flip'?"),
        (("--set", "data={name: image_folder, root: gone}"), "there is no folder"),
        (("--draws", "0"), "--draws"),
    ],
)
def test_what_cannot_be_augmented_is_said_and_nothing_is_written(
    call, capsys, tmp_path, arguments, message
):
    assert call(*AUGMENT, *arguments) == 2
    assert message in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []
