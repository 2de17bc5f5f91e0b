"""``crs data inspect``, and what it has in common with ``crs data preview``."""

import json
import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from crs_plugin.data.about import About

SMALL = ("--set", "data.train=24", "--set", "data.test=8", "--set", "data.size=32")
IMAGE_FOLDER = "crs_plugin.data.datasets.image_folder"


@pytest.fixture
def faces(tmp_path, monkeypatch) -> Path:
    """A folder of 2 happy and 1 sad faces for training, one of them broken, and 1 happy to test."""
    monkeypatch.setenv("CRS_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("CRS_DATA", str(tmp_path / "sets"))
    root = tmp_path / "sets" / "image_folder"
    for name in ("train/happy/a", "train/happy/b", "train/sad/a", "test/happy/a"):
        path = root / f"{name}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(np.full((20, 30), 9, np.uint8)).save(path)
    (root / "train/happy/b.png").write_bytes(b"broken")
    (root / "train/sad/notes.txt").write_text("")
    return root


COUNTS = {"train": {"happiness": 2, "sadness": 1}, "test": {"happiness": 1}}
SKIPPED = {"not an image file (.txt)": 1}


def test_the_json_of_one_set_is_its_counts_subjects_and_what_is_left_out(call, capsys, faces):
    assert call("data", "inspect", "image_folder", "--json") == 0
    told = json.loads(capsys.readouterr().out)
    assert told == {
        "version": 1,
        "counts": COUNTS,
        "subjects": None,
        "skipped": SKIPPED,
        "missing": [],
    }


def test_root_and_options_are_those_of_the_set(call, capsys, faces):
    other = faces.rename(faces.with_name("elsewhere"))
    left_out = ("--set", "classes={sad: null}")
    arguments = ("--root", "sets/elsewhere", *left_out, "--json")
    assert call("data", "inspect", "image_folder", *arguments) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["counts"] == {"train": {"happiness": 2}, "test": {"happiness": 1}}
    assert told["skipped"] == {**SKIPPED, "folder sad left out by 'classes'": 1}
    assert other.is_dir()


def test_what_the_users_own_labels_were_taken_for_is_shown(call, capsys, faces):
    (faces / "list.csv").write_text("path,label\ntrain/happy/a.png,joy\ntrain/sad/a.png,x\n")
    assert call("data", "inspect", "image_folder") == 0
    told = capsys.readouterr().out
    assert ["happiness", "happy", "2", "1", "3"] in [line.split() for line in told.splitlines()]
    labels = ("--set", "labels={joy: happiness, x: null}", "--set", "file=list.csv")
    assert call("data", "inspect", "table", "--root", str(faces), *labels) == 0
    told = capsys.readouterr().out
    assert ["happiness", "joy", "1"] in [line.split() for line in told.splitlines()]
    assert "labels that are no expression: x" in told


def test_persons_are_counted(call, capsys, faces):
    lines = ["path,label,who", "train/happy/a.png,happy,ann", "train/sad/a.png,,ann"]
    (faces / "list.csv").write_text("\n".join([*lines, "test/happy/a.png,happy,"]))
    listed = ("--root", str(faces), "--set", "file=list.csv", "--set", "subject_column=who")
    assert call("data", "inspect", "table", *listed, "--json") == 0
    told = json.loads(capsys.readouterr().out)
    assert told["subjects"] == 1
    assert told["counts"] == {"all": {"happiness": 2, "(no label)": 1}}
    assert call("data", "inspect", "table", *listed) == 0
    printed = capsys.readouterr().out
    assert "persons: 1; not known in 1 of 3 images" in printed
    assert [line.split() for line in printed.splitlines() if "no label" in line] == [
        ["(no", "label)", "1"]
    ]


def test_image_files_that_are_not_there_are_named(call, capsys, faces):
    lines = [f"train/happy/{name}.png,happy" for name in ("a", "lost", *range(24))]
    (faces / "list.csv").write_text("\n".join(["path,label", *lines]))
    listed = ("--root", str(faces), "--set", "file=list.csv")
    assert call("data", "inspect", "table", *listed) == 0
    lost = [f"{faces}/train/happy/{name}.png" for name in ("lost", *range(19))]
    told = "".join(f"\n  {path}" for path in lost)
    printed = capsys.readouterr().out
    assert f"left out: 25 (image file missing):{told}\n  … and 5 more\n" in printed
    assert call("data", "inspect", "table", *listed, "--json") == 0
    assert json.loads(capsys.readouterr().out)["missing"] == lost


def test_people_see_a_table_and_the_sizes(call, capsys, faces):
    assert call("data", "inspect", "image_folder") == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "image_folder: 4 images"
    assert [line.split() for line in lines[1:5]] == [
        ["expression", "in", "the", "files", "as", "train", "test", "sum"],
        ["happiness", "happy", "2", "1", "3"],
        ["sadness", "sad", "1", "0", "1"],
        ["sum", "3", "1", "4"],
    ]
    assert lines[5:8] == [
        "left out: 1 (not an image file (.txt))",
        "persons: not known",
        "images: 30×20 px, grey, 1 cannot be read (4 of 4 looked at)",
    ]


def test_the_labels_of_the_files_stand_beside_the_expressions(call, capsys, faces, monkeypatch):
    labels = {"3": "happiness", "0": "sadness", "7": "contempt", "8": "happiness", "9": None}
    known = About("My Faces", "lab", "4 in all", labels, ("folders",), "Ask.")
    monkeypatch.setattr(f"{IMAGE_FOLDER}.ABOUT", known, raising=False)
    monkeypatch.setenv("COLUMNS", "100")
    assert call("data", "inspect", "image_folder") == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[1] == "My Faces, in the lab, as published: 4 in all"
    assert [line.split() for line in lines[3:6]] == [
        ["happiness", "3,", "8", "2", "1", "3"],
        ["sadness", "0", "1", "0", "1"],
        ["contempt", "7", "0", "0", "0"],
    ]
    assert "labels that are no expression: 9" in lines


def test_unreadable_images_are_looked_for_when_asked_and_then_left_out(call, capsys, faces):
    assert call("data", "inspect", "image_folder", "--images") == 0
    printed = capsys.readouterr().out
    assert "unreadable: 1 of 4:" in printed
    assert f"{faces}/train/happy/b.png: " in printed
    assert call("data", "inspect", "image_folder", "--images", "--json") == 0
    told = json.loads(capsys.readouterr().out)
    assert told["counts"]["train"] == {"happiness": 1, "sadness": 1}
    assert told["skipped"] == {**SKIPPED, "cannot be read": 1}
    (faces / "train/happy/b.png").unlink()
    assert call("data", "inspect", "image_folder", "--images") == 0
    assert "unreadable: none of 3" in capsys.readouterr().out


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read all files")
def test_an_image_that_may_no_longer_be_read_is_unreadable(call, capsys, faces):
    assert call("data", "inspect", "image_folder", "--images") == 0
    (faces / "train/happy/a.png").chmod(0)
    capsys.readouterr()
    assert call("data", "inspect", "image_folder", "--images") == 0
    printed = capsys.readouterr().out
    assert "2 cannot be read (4 of 4 looked at)" in printed
    assert "unreadable: 2 of 4:" in printed


def test_a_recipe_shows_all_that_it_opens_and_what_for(call, capsys):
    assert call("data", "inspect", "crs_cont_resnet18", *SMALL) == 0
    printed = capsys.readouterr().out
    assert "synthetic_faces (wild, basic) (data) [pre-training]: 32 images" in printed
    assert "synthetic_faces (lab, basic) [linear_probe (evaluation.1), by_subject" in printed


def test_the_json_of_a_recipe_is_by_name(call, capsys):
    assert call("data", "inspect", "crs_cont_resnet18", "--json") == 0
    told = json.loads(capsys.readouterr().out)
    assert [*told] == [
        f"synthetic_faces ({w})" for w in ("wild, basic", "lab, basic", "wild, compound")
    ]
    keys = {"version", "counts", "subjects", "skipped", "missing"}
    assert all(set(each) == keys for each in told.values())
    assert told["synthetic_faces (lab, basic)"]["subjects"] == 90


def test_a_recipe_file_is_a_recipe(call, capsys, tmp_path):
    (tmp_path / "mine.yaml").write_text(
        "extends: crs_cont_resnet18\nname: mine\ndata: {name: image_folder, root: gone}\n"
        "evaluation: [{name: linear_probe, data: {name: ferplus, root: lost}}]\n"
    )
    assert call("data", "inspect", "mine.yaml") == 2
    message = capsys.readouterr().err
    assert "mine.yaml:3:" in message
    assert f"there is no folder {tmp_path / 'gone'}" in message
    assert f"there is no folder {tmp_path / 'lost'}" in message


@pytest.mark.parametrize("ending", ["svg", "png", "JPG"])
def test_a_picture_is_written(call, capsys, faces, tmp_path, ending):
    picture = tmp_path / f"counts.{ending}"
    assert call("data", "inspect", "image_folder", "--json", "--output", picture.name) == 0
    out, err = capsys.readouterr()
    json.loads(out)
    assert f"wrote {picture.name}" in err
    if ending == "svg":
        assert "happiness" in picture.read_text()
    else:
        with Image.open(picture) as opened:
            assert opened.width > 500


@pytest.mark.parametrize("command", ["inspect", "preview"])
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ("image_foldr",),
            "no data set, recipe file or shipped recipe 'image_foldr'; did you mean",
        ),
        (("crs_cont_resnet19",), "did you mean 'crs_cont_resnet18'?"),
        (("sets",), "sets is a folder, where the name of a data set or a recipe belongs"),
        (("gone.yaml",), "gone.yaml: the recipe cannot be read"),
        (("image_folder", "--root", "gone"), "--root gone: root: data set image_folder: there is"),
        (("image_folder", "--root", "sets/image_foldr"), "did you mean 'image_folder'?"),
        (("ferplus", "--set", "rul=majority"), "--set rul=majority: rul: dataset 'ferplus' has no"),
        (("ferplus", "--set", "rul=majority"), "did you mean 'rule'?"),
        (("ferplus", "--set", "rule=plural"), "did you mean 'plurality'?"),
        (("ferplus", "--set", "name=table"), "--set name=table: name: the dataset is 'ferplus'"),
        (("table", "--root", "sets"), "needs it: text; give it with --set file=VALUE"),
        (("synthetic_faces", "--root", "sets"), "dataset 'synthetic_faces' has no option 'root'"),
        (("crs_cont_resnet18", "--root", "sets"), "--set data.root=sets"),
        (("image_folder", "--output", "counts.gif"), "counts.gif: a picture's name ends with"),
        (("image_folder", "--output", "no/counts.png"), "no/counts.png: there is no folder no"),
    ],
)
def test_what_is_wrong_is_said_once_and_nothing_is_written(
    call, capsys, faces, tmp_path, command, arguments, message
):
    assert call("data", command, *arguments) == 2
    out, err = capsys.readouterr()
    assert message in err
    assert "Traceback" not in err
    assert (out, {path.name for path in tmp_path.iterdir()}) == ("", {"sets"})


def test_a_set_by_name_has_a_contact_sheet(call, capsys, faces, tmp_path):
    (faces / "train/happy/b.png").unlink()
    assert call("data", "preview", "image_folder", "--size", "20", "--columns", "2") == 0
    assert "image_folder: 3 images\n  train: happiness 1, sadness 1" in capsys.readouterr().out
    with Image.open(tmp_path / "preview.png") as sheet:
        assert sheet.size == (170 + 2 * 20, 2 * 20)


def test_a_contact_sheet_shows_what_can_be_read(call, capsys, faces):
    assert call("data", "preview", "image_folder", "--size", "20", "--columns", "2") == 0
    printed = capsys.readouterr().out
    assert "image_folder: 4 images\n" in printed
    broken = faces / "train/happy/b.png"
    assert f"not in the picture: 1, which cannot be read:\n  {broken}: cannot be read: " in printed
    assert printed.endswith("wrote preview.png\n")


def test_a_contact_sheet_of_broken_images_alone_is_refused(call, capsys, faces, tmp_path):
    for file in faces.glob("*/*/*.png"):
        file.write_bytes(b"broken")
    assert call("data", "preview", "image_folder") == 2
    message = capsys.readouterr().err
    assert (
        "data set image_folder: none of the 4 images that were to be shown can be read:" in message
    )
    assert not (tmp_path / "preview.png").exists()
