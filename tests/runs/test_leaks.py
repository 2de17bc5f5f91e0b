"""Leaks of a recipe: told, refused or left out, before training."""

import csv
import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from crs_plugin.data.dataset import DataError
from crs_plugin.data.datasets.synthetic_faces import synthetic_faces
from crs_plugin.data.decoded_images import ImageReader
from crs_plugin.data.decoding import decode
from crs_plugin.recipe import RecipeError, load_recipe
from crs_plugin.runs.data_check import leaks_of_dataset, leaks_of_recipe
from crs_plugin.runs.leaks import FoundLeaks, in_words, refuse

READER = ImageReader(lambda *_: None, lambda _: None)

TABLE = "{name: table, root: ./faces, file: faces.csv, split_column: split, subject_column: who}"
RECIPE = f"""\
extends: crs_cont_resnet18
name: small
data: {TABLE}
augmentation: {{size: 32}}
training: {{max_steps: 1, batch_size: 4, threads: 1}}
evaluation:
  - name: linear_probe
    title: probe
    regularisation: [0.01]
"""
BY_SUBJECT = f"""\
  - name: by_subject
    title: strangers
    folds: 3
    data: {TABLE}
    regularisation: [0.01]
"""


@pytest.fixture
def faces(tmp_path: Path) -> Path:
    """Forty files of ten persons with a table: eight persons train, two test."""
    pixels = decode(synthetic_faces(size=48, train=40, test=0), 48)
    folder = tmp_path / "faces"
    folder.mkdir()
    lines = ["path,label,split,who"]
    for number, face in enumerate(pixels):
        Image.fromarray(face.permute(1, 2, 0).numpy()).save(folder / f"{number}.png")
        split = "train" if number < 32 else "test"
        label = ("happiness", "sadness")[number % 2]
        lines.append(f"{number}.png,{label},{split},{number // 4}")
    (folder / "faces.csv").write_text("\n".join(lines) + "\n")
    return folder


def written(faces: Path, text: str = RECIPE) -> Path:
    path = faces.parent / "small.yaml"
    path.write_text(text)
    return path


def found(faces: Path, text: str = RECIPE, *overrides: str) -> FoundLeaks:
    return leaks_of_recipe(load_recipe(written(faces, text), overrides), READER).leaks


def leak(faces: Path) -> None:
    """Let the training images hold one test image as it is, and one as a mirrored JPEG."""
    shutil.copy(faces / "35.png", faces / "2.png")
    with Image.open(faces / "38.png") as image:
        mirrored = image.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
        mirrored.save(faces / "7.png", "JPEG", quality=60)


def test_images_in_different_splits_do_not_leak(faces):
    none = found(faces)
    (tested,) = none.tested
    assert (tested.overlap.exact, tested.overlap.near, tested.overlap.subjects) == (0, 0, 0)
    assert none.overlaps == ()
    refuse(none, "")


def test_test_images_among_the_training_images_are_found(faces):
    leak(faces)
    leaks = found(faces)
    (tested,) = leaks.tested
    assert (tested.overlap.exact, tested.overlap.near) == (1, 1)
    assert tested.overlap.first_leaking.tolist() == [2, 7]
    (splits,) = leaks.splits
    assert (splits.exact, splits.near) == (1, 1)
    assert in_words(tested.overlap) == (
        "1 exact and 1 near copies of the 8 images of test of probe are in pre-training (faces)"
    )
    with pytest.raises(RecipeError, match=r"small\.yaml:7:5: evaluation\.0: 1 exact and 1 near"):
        refuse(leaks, "take other data")


def test_images_that_train_a_probe_are_no_leak(faces):
    """The classifier learns from images that the encoder has seen, which is how it is done."""
    same = RECIPE.replace("title: probe", f"title: probe\n    data: {TABLE}")
    assert found(faces, same).overlaps == ()


def test_persons_who_are_tested_as_strangers_leak(faces):
    leaks = found(faces, RECIPE + BY_SUBJECT)
    probe, strangers = leaks.tested
    assert not probe.overlap.is_leak
    assert strangers.overlap.exact == 32
    assert strangers.overlap.subjects == 8
    words = in_words(strangers.overlap)
    assert "8 persons of test of strangers, who should be strangers there, are in pre-" in words


def test_a_person_in_both_is_no_leak_of_an_evaluation_that_does_not_claim_otherwise(faces):
    table = faces / "faces.csv"
    table.write_text(table.read_text().replace("39.png,sadness,test,9", "39.png,sadness,test,0"))
    leaks = found(faces)
    assert leaks.tested[0].overlap.subjects == 1
    assert leaks.pretrained == ()
    (splits,) = leaks.overlaps
    assert splits.subjects == 1


def test_an_evaluation_that_does_not_say_what_it_tests_is_named(faces):
    (faces.parent / "silent.py").write_text(
        "from crs_plugin.registry import register\n\n\n"
        "@register('evaluation', 'silent')\n"
        "class Silent:\n"
        "    'Does not say what it tests.'\n\n"
        "    def __call__(self, context, /):\n"
        "        raise NotImplementedError\n"
    )
    text = RECIPE.replace("name: linear_probe", "name: silent").replace("    title: probe\n", "")
    text = text.replace("    regularisation: [0.01]\n", "") + "plugins: [silent.py]\n"
    leaks = found(faces, text)
    assert leaks.tested == ()
    assert leaks.not_checked == ("silent (evaluation.0)",)


def test_what_is_tested_of_several_data_sets_is_compared_set_by_set(faces):
    leak(faces)
    again = TABLE.replace("./faces", "./again")
    shutil.copytree(faces, faces.parent / "again")
    across = RECIPE.replace("linear_probe", "cross_dataset").replace(
        "title: probe", f"title: across\n    data:\n      - {TABLE}\n      - {again}"
    )
    leaks = found(faces, across)
    assert leaks.not_checked == ()
    names = [each.overlap.second.name for each in leaks.tested]
    assert names == ["test of across on faces", "test of across on again"]
    assert [(each.overlap.exact, each.overlap.near) for each in leaks.tested] == [(1, 1), (1, 1)]
    with pytest.raises(RecipeError, match=r"(?s)evaluation\.0: 1 exact.*evaluation\.0: 1 exact"):
        refuse(leaks, "take other data")


def test_only_a_part_of_the_data_is_compared_if_only_that_is_trained_on(faces):
    leak(faces)
    leaks = found(faces, RECIPE, "training.images=16")
    first = leaks.tested[0].overlap.first
    assert len(first) == 16
    leaking = np.intersect1d(first.rows, [2, 7])
    assert leaks.tested[0].overlap.first_leaking.tolist() == leaking.tolist()


def test_the_splits_of_one_data_set(faces):
    leak(faces)
    dataset = load_recipe(written(faces)).data[0].build()
    (splits,) = leaks_of_dataset(dataset, READER).leaks.splits
    assert (splits.first.name, splits.second.name) == ("faces: train", "faces: test")
    assert (splits.exact, splits.near, splits.subjects) == (1, 1, 0)
    assert leaks_of_dataset(dataset.in_split("train"), READER).leaks == FoundLeaks((), ())
    with pytest.raises(DataError, match="no image"):
        leaks_of_dataset(dataset.in_split("valid"), READER)


RUN = ("recipe", "run", "small.yaml")


def report(folder: Path) -> dict:
    return json.loads((folder / "runs" / "small" / "report.json").read_text())


def test_a_run_warns_and_lists_the_pairs(faces, call, capsys, tmp_path):
    leak(faces)
    written(faces)
    assert call(*RUN) == 0
    printed = capsys.readouterr().out
    told = printed.index("1 exact and 1 near copies of the 8 images of test of probe")
    assert told < printed.index("training: ")
    folder = tmp_path / "runs" / "small"
    with (folder / "leaks.csv").open() as file:
        listed = list(csv.DictReader(file))
    assert [line["kind"] for line in listed] == ["exact", "near"] * 2
    assert listed[0]["first_image"].endswith("faces/2.png")
    assert listed[0]["second_image"].endswith("faces/35.png")
    assert "copies of the 8 images" in (folder / "train.log").read_text()
    leaks = report(tmp_path)["leaks"]
    assert [(each["exact"], each["near"]) for each in leaks["compared"]] == [(1, 1), (1, 1)]
    assert "What is tested was trained on" in (folder / "report.html").read_text()
    assert leaks["trained_on"] == ["test of probe"]
    assert (
        "2 of the 8 images of test of probe are in the pre-training data"
        in (folder / "encoder.md").read_text()
    )
    capsys.readouterr()
    assert call("compare", str(folder)) == 0
    told = " ".join(capsys.readouterr().out.split())
    assert "small was pre-trained on what is tested ('test of probe')" in told


def test_a_run_without_leaks_says_so(faces, call, capsys, tmp_path):
    written(faces)
    assert call(*RUN) == 0
    assert "nothing leaks" in capsys.readouterr().out
    assert not (tmp_path / "runs" / "small" / "leaks.csv").exists()
    assert [each["leak"] for each in report(tmp_path)["leaks"]["compared"]] == [False, False]


def test_a_run_tells_leaks_between_splits_from_those_of_pre_training(faces, call, capsys):
    table = faces / "faces.csv"
    table.write_text(table.read_text().replace("31.png,sadness,train", "31.png,sadness,valid"))
    written(faces)
    assert call(*RUN) == 0
    verdict, leaking = capsys.readouterr().out.partition("leaks: ")[2].splitlines()[:2]
    between = "nothing leaks between these, but between splits of the data something does"
    assert verdict.endswith(f" s: {between}")
    assert leaking == (
        "  1 person of faces: valid, who should be strangers there, are in faces: train"
    )


def test_a_run_can_refuse_leaks_before_anything_is_written(faces, call, capsys, tmp_path):
    leak(faces)
    written(faces, RECIPE + "on_leak: error\n")
    assert call(*RUN) == 2
    message = capsys.readouterr().err
    assert "evaluation.0: 1 exact and 1 near copies" in message
    assert "'on_leak: drop_from_train' leaves these out" in message
    assert not (tmp_path / "runs").exists()


def test_a_run_can_leave_leaks_out_of_pre_training_only(faces, call, capsys, tmp_path):
    leak(faces)
    written(faces, RECIPE + "on_leak: drop_from_train\n")
    assert call(*RUN) == 0
    assert "left out of pre-training: 2 images that leak" in capsys.readouterr().out
    document = report(tmp_path)
    assert document["seen"]["images_in_data"] == 30
    assert document["leaks"]["dropped"] == 2
    (result,) = document["results"]
    (target,) = result["targets"]
    assert target["scores"]["trained"]["n"] == 8
    assert "32 images" in target["train_data"]
    assert (tmp_path / "runs" / "small" / "leaks.csv").is_file()


def test_a_run_is_continued_with_the_same_images(faces, call, capsys, tmp_path):
    leak(faces)
    written(faces, RECIPE + "on_leak: drop_from_train\n")
    assert call(*RUN, "--output", "whole") == 0
    assert call(*RUN, "--output", "again") == 0
    (tmp_path / "again" / "report.html").unlink()
    assert call(*RUN, "--output", "again", "--resume") == 0
    whole, again = (
        json.loads((tmp_path / name / "report.json").read_text()) for name in ("whole", "again")
    )
    assert whole["results"] == again["results"]
    assert whole["leaks"] == again["leaks"]


def test_nothing_left_to_train_on_is_an_error(faces, call, capsys, tmp_path):
    text = RECIPE[: RECIPE.index("  - name")] + BY_SUBJECT + "on_leak: drop_from_train\n"
    text = text.replace("split_column: split, ", "")
    written(faces, text)
    assert call(*RUN) == 2
    message = capsys.readouterr().err
    assert "would leave none of the 40 images of faces" in message
    assert "10 persons of test of strangers, who should be strangers there" in message
    assert not (tmp_path / "runs").exists()


def evaluated(call, tmp_path, *options: str) -> dict:
    assert call("evaluate", *options, "--output", "evaluated", "--overwrite") == 0
    return json.loads((tmp_path / "evaluated" / "report.json").read_text())["leaks"]


OF_RUN = ("runs/small", "--recipe", "small.yaml")


def test_what_the_run_of_an_evaluated_encoder_was_trained_on_is_compared(
    faces, call, capsys, tmp_path
):
    leak(faces)
    written(faces)
    assert call(*RUN) == 0
    capsys.readouterr()
    for other in (OF_RUN, ("runs/small/encoder.safetensors", *OF_RUN[1:])):
        leaks = evaluated(call, tmp_path, *other)
        assert leaks == report(tmp_path)["leaks"]
    printed = capsys.readouterr().out
    assert (
        "1 exact and 1 near copies of the 8 images of test of probe are in pre-training" in printed
    )
    assert "What is tested was trained on" in (tmp_path / "evaluated/report.html").read_text()
    with (tmp_path / "evaluated" / "leaks.csv").open() as file:
        assert [line["kind"] for line in csv.DictReader(file)] == ["exact", "near"] * 2
    document = json.loads((tmp_path / "evaluated" / "report.json").read_text())
    assert [each["role"] for each in document["data"]] == ["evaluation"]


def test_an_evaluation_can_refuse_an_encoder_that_knows_what_is_tested(
    faces, call, capsys, tmp_path
):
    leak(faces)
    written(faces)
    assert call(*RUN) == 0
    assert call("evaluate", *OF_RUN, "--set", "on_leak=error", "--output", "evaluated") == 2
    message = capsys.readouterr().err
    assert "evaluation.0: 1 exact and 1 near copies" in message
    assert "evaluate on other data, or 'on_leak: warn' goes on" in message
    assert not (tmp_path / "evaluated").exists()


def test_what_a_run_has_left_out_of_pre_training_leaks_nowhere(faces, call, tmp_path):
    leak(faces)
    (faces / "0.png").write_bytes(b"broken")
    written(faces, RECIPE + "on_leak: drop_from_train\non_bad_image: skip\n")
    assert call(*RUN) == 0
    names = json.loads((tmp_path / "runs" / "small" / "dropped.json").read_text())
    assert [Path(name).name for name in names] == ["2.png", "7.png"]
    pretrained, splits = evaluated(call, tmp_path, *OF_RUN)["compared"]
    assert (pretrained["pretraining"], pretrained["leak"]) == (True, False)
    assert splits["leak"]
    (tmp_path / "runs" / "small" / "dropped.json").write_text("{")
    assert "dropped.json is no list of images" in evaluated(call, tmp_path, *OF_RUN)["unknown"]


def test_where_it_is_not_known_what_an_encoder_was_trained_on_that_is_told(
    faces, call, capsys, tmp_path
):
    leak(faces)
    written(faces)
    assert call(*RUN) == 0
    folder = tmp_path / "runs" / "small"
    alone = tmp_path / "alone.safetensors"
    shutil.copy(folder / "encoder.safetensors", alone)
    capsys.readouterr()
    leaks = evaluated(call, tmp_path, str(alone), *OF_RUN[1:])
    assert leaks["unknown"] == "the encoder does not lie in the folder of the run that trained it"
    assert leaks["trained_on"] == []
    assert [each["leak"] for each in leaks["compared"]] == [True]  # the splits
    assert "was not compared: the encoder does not lie" in capsys.readouterr().out
    page = (tmp_path / "evaluated" / "report.html").read_text()
    assert "What the encoder was pre-trained on was not compared" in page
    (tmp_path / "own.py").write_text("raise SystemExit('a plugin of a stranger was imported')")
    recipe = folder / "recipe.yaml"
    recipe.write_text(f"{recipe.read_text()}plugins: [{tmp_path / 'own.py'}]\n")
    assert "plugins that this one lacks" in evaluated(call, tmp_path, *OF_RUN)["unknown"]
    (folder / "base.yaml").write_text(recipe.read_text())
    recipe.write_text("extends: base.yaml\n")
    assert "plugins that this one lacks" in evaluated(call, tmp_path, *OF_RUN)["unknown"]
    for odd in ("plugins: 5", "plugins: [{a: b}]", "- a list"):
        recipe.write_text(f"{odd}\n")
        assert call("evaluate", *OF_RUN, "--output", "evaluated", "--overwrite") in (0, 2)
    recipe.write_text((folder / "base.yaml").read_text())
    recipe.write_text(recipe.read_text().replace(str(faces), str(tmp_path / "gone")))
    recipe.write_text(recipe.read_text().partition("plugins:")[0])
    assert "gone" in evaluated(call, tmp_path, *OF_RUN)["unknown"]
