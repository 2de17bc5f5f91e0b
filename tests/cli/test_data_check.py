"""``crs data check``."""

import csv
import json
import re
import shutil
from pathlib import Path

import pytest
from PIL import Image

from crs_plugin.data.datasets.synthetic_faces import synthetic_faces
from crs_plugin.data.decoding import decode

SMALL = ("--set", "train=48", "--set", "test=16", "--set", "size=32")


@pytest.fixture
def leaking(tmp_path: Path) -> Path:
    """A folder of two splits, one image of which is in both."""
    pixels = decode(synthetic_faces(size=48, train=16, test=0, images_per_subject=1), 48)
    for number, face in enumerate(pixels):
        split, label = ("train", "test")[number >= 12], ("happy", "sad")[number % 2]
        path = tmp_path / "faces" / split / label / f"{number}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(face.permute(1, 2, 0).numpy()).save(path)
    faces = tmp_path / "faces"
    shutil.copy(faces / "train" / "happy" / "2.png", faces / "test" / "happy" / "copy.png")
    return faces


def test_a_set_without_leaks(call, capsys):
    assert call("data", "check", "synthetic_faces", *SMALL) == 0
    assert "nothing leaks" in capsys.readouterr().out


def test_leaks_are_an_exit_code_a_table_a_list_and_a_picture(call, capsys, tmp_path, leaking):
    check = ("data", "check", "image_folder", "--root", str(leaking))
    assert call(*check, "--output", "pairs.csv") == 1
    printed = capsys.readouterr().out
    assert "1 exact and 0 near copies of the 5 images of faces: test are in faces: train" in printed
    assert "wrote pairs.csv\nwrote pairs.png" in printed
    with (tmp_path / "pairs.csv").open() as file:
        (line,) = csv.DictReader(file)
    assert line["kind"] == "exact"
    assert line["second_image"].endswith("test/happy/copy.png")
    with Image.open(tmp_path / "pairs.png") as sheet:
        assert sheet.width > 4 * 72


def test_counts_for_programs(call, capsys, tmp_path, leaking):
    check = ("data", "check", "image_folder", "--root", str(leaking), "--json")
    assert call(*check, "--output", "pairs.csv") == 1
    printed = capsys.readouterr()
    (compared,) = json.loads(printed.out)["compared"]
    assert (compared["exact"], compared["near"], compared["subjects"]) == (1, 0, None)
    assert compared["leak"] is True
    assert "wrote pairs.csv" in printed.err


def test_images_that_cannot_be_read_are_counted_and_named(call, capsys, leaking):
    broken = leaking / "train" / "sad" / "1.png"
    broken.write_bytes(b"broken")
    check = ("data", "check", "image_folder", "--root", str(leaking))
    assert call(*check) == 1
    printed = capsys.readouterr()
    assert f"images left out: 1\n  {broken}: cannot be read: cannot" in printed.out
    assert re.search(r"17 read into the cache in .*; 1 cannot be read$", printed.err, re.MULTILINE)
    assert call(*check, "--json") == 1
    (told,) = json.loads(capsys.readouterr().out)["unreadable"]
    assert told["name"] == str(broken)
    assert told["reason"].startswith("cannot be read: cannot identify image file")


def test_images_that_a_recipe_leaves_out_are_named(call, capsys, tmp_path, leaking):
    (leaking / "train" / "sad" / "1.png").write_bytes(b"broken")
    (tmp_path / "mine.yaml").write_text(
        "extends: crs_cont_resnet18\nname: mine\naugmentation: {size: 32}\n"
        "data: {name: image_folder, root: ./faces}\nevaluation: []\n"
    )
    assert call("data", "check", "mine.yaml") == 2
    assert "on_bad_image: skip" in capsys.readouterr().err
    assert call("data", "check", "mine.yaml", "--set", "on_bad_image=skip") == 1
    assert "images left out: 1\n" in capsys.readouterr().out


def test_a_recipe_is_checked_by_what_it_tests(call, capsys, tmp_path, leaking):
    (tmp_path / "mine.yaml").write_text(
        "extends: crs_cont_resnet18\nname: mine\naugmentation: {size: 32}\n"
        "data: {name: image_folder, root: ./faces}\n"
        "evaluation: [{name: linear_probe, title: mine, regularisation: [1]}]\n"
    )
    assert call("data", "check", "mine.yaml") == 1
    assert "images of test of mine are in pre-training (faces)" in capsys.readouterr().out


def test_a_set_without_splits_has_nothing_to_compare(call, capsys, leaking):
    shutil.rmtree(leaking / "test")
    assert call("data", "check", "image_folder", "--root", str(leaking / "train")) == 0
    assert "nothing to compare" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("nosuch",), "there is no data set, recipe file or shipped recipe 'nosuch'"),
        (("image_folder", "--root", "gone"), "there is no folder"),
        (("synthetic_faces", "--output", "pairs.txt"), "the list of pairs ends with .csv"),
        (("synthetic_faces", "--output", "no/pairs.csv"), "there is no folder no"),
    ],
)
def test_bad_input_is_code_2(call, capsys, arguments, message):
    assert call("data", "check", *arguments) == 2
    assert message in capsys.readouterr().err


def test_the_help_tells_the_exit_codes(call, capsys):
    assert call("data", "check", "--help") == 0
    assert "0 nothing leaks; 1 something does; 2 bad input" in capsys.readouterr().out
