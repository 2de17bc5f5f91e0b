"""What may happen to a folder that exists: three different things, never confused."""

import json
import os
from pathlib import Path

import pytest

from crs_plugin.errors import InputError
from crs_plugin.recipe import load_recipe
from crs_plugin.runs.run_folder import RunFolder, differences
from crs_plugin.runs.run_lock import LOCK_FILES, held

SHIPPED = "crs_cont_resnet18"


@pytest.fixture
def recipe():
    return load_recipe(SHIPPED)


@pytest.fixture
def folder(tmp_path) -> RunFolder:
    return RunFolder(tmp_path / "run")


def opened(folder: RunFolder, recipe, mode: str) -> None:
    with folder.open(recipe, mode):
        pass


def everything(folder: RunFolder) -> dict[str, bytes]:
    files = (path for path in folder.path.rglob("*") if path.name not in LOCK_FILES)
    files = (path for path in files if path.is_file())
    return {str(path): path.read_bytes() for path in files}


def test_a_new_run_holds_its_recipe_and_environment(folder, recipe):
    folder.check(recipe, "new")
    opened(folder, recipe, "new")
    assert load_recipe(folder.recipe).values == recipe.values
    known = json.loads(folder.environment.read_text())
    assert known["libraries"]["torch"]
    assert known["threads"] >= 1


def test_checking_changes_nothing(folder, recipe):
    folder.check(recipe, "new")
    assert not folder.path.exists()


def test_a_place_that_may_not_be_written_to_is_refused_before_any_work(folder, recipe, monkeypatch):
    asked = []
    monkeypatch.setattr(os, "access", lambda path, mode: asked.append(path))
    with pytest.raises(InputError, match=f"{folder.path.parent} may not be written to"):
        folder.check(recipe, "new")
    assert asked == [folder.path.parent]


def test_a_finished_run_is_not_offered_to_be_continued(folder, recipe):
    opened(folder, recipe, "new")
    for offered in (True, False):
        with pytest.raises(InputError, match="nothing was touched") as caught:
            folder.check(recipe, "new")
        assert ("--resume" in str(caught.value)) is offered
        assert "--overwrite" in str(caught.value)
        folder.report.write_text("")
    folder.check(recipe, "resume")


@pytest.mark.parametrize("mode", ["new", "resume", "overwrite"])
def test_a_file_in_place_of_the_folder_is_refused(folder, recipe, mode):
    folder.path.write_text("precious")
    with pytest.raises(InputError, match="is a file"):
        folder.check(recipe, mode)


def test_an_existing_run_is_never_touched(folder, recipe):
    opened(folder, recipe, "new")
    before = everything(folder)
    with pytest.raises(InputError) as error:
        folder.check(recipe, "new")
    assert "a run that stopped" in str(error.value)
    assert "--resume" in str(error.value)
    assert "--overwrite" in str(error.value)
    assert "backbone.weights" not in str(error.value)
    assert everything(folder) == before


def test_a_finished_run_is_called_so(folder, recipe):
    opened(folder, recipe, "new")
    folder.report.write_text("<html>")
    folder.encoder.write_text("weights")
    with pytest.raises(InputError, match="a finished run") as error:
        folder.check(recipe, "new")
    assert f"backbone.weights={folder.encoder}" in str(error.value)


@pytest.mark.parametrize("mode", ["new", "overwrite"])
def test_a_folder_of_something_else_is_left_alone(folder, recipe, mode):
    folder.path.mkdir()
    (folder.path / "thesis.tex").write_text("precious")
    with pytest.raises(InputError, match="no run"):
        folder.check(recipe, mode)


def test_overwriting_starts_from_an_empty_folder(folder, recipe):
    opened(folder, recipe, "new")
    folder.encoder.write_text("old")
    folder.check(recipe, "overwrite")
    opened(folder, recipe, "overwrite")
    assert not folder.encoder.exists()
    assert folder.recipe.is_file()


def test_there_must_be_something_to_resume(folder, recipe):
    with pytest.raises(InputError, match="no run to resume"):
        folder.check(recipe, "resume")


def test_resuming_with_the_same_recipe_is_fine(folder, recipe):
    opened(folder, recipe, "new")
    folder.check(recipe, "resume")


def test_resuming_with_another_recipe_shows_the_difference(folder, recipe):
    opened(folder, recipe, "new")
    changed = load_recipe(SHIPPED, ["optimizer.lr=0.07", "objective.0.temperature=0.1"])
    with pytest.raises(InputError) as error:
        folder.check(changed, "resume")
    assert "optimizer.lr: 0.05 in the run, 0.07 now" in str(error.value)
    assert "objective.0.temperature: 0.2 in the run, 0.1 now" in str(error.value)


def test_a_run_is_resumed_by_another_number_of_processes(folder, recipe):
    opened(folder, recipe, "new")
    folder.check(load_recipe(SHIPPED, ["training.devices=2", "training.num_nodes=2"]), "resume")
    synchronised = load_recipe(SHIPPED, ["training.sync_batchnorm=true"])
    with pytest.raises(InputError, match=r"sync_batchnorm: \(not set\) in the run, True now"):
        folder.check(synchronised, "resume")


def test_a_folder_that_cannot_be_made_is_named(recipe, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="cannot be written"):
        opened(RunFolder(tmp_path / "file" / "run"), recipe, "new")


@pytest.mark.parametrize(
    ("before", "after", "lines"),
    [
        ({"a": 1}, {"a": 1}, []),
        ({"a": 1}, {"a": 2}, ["a: 1 in the run, 2 now"]),
        ({"a": 1}, {}, ["a: 1 in the run, (not set) now"]),
        ({}, {"a": {"b": 1}}, ["a: (not set) in the run, {'b': 1} now"]),
        ({"a": [1, {"b": 2}]}, {"a": [1, {"b": 3}]}, ["a.1.b: 2 in the run, 3 now"]),
        ({"a": [1]}, {"a": [1, 2]}, ["a: [1] in the run, [1, 2] now"]),
    ],
)
def test_differences_are_named_by_key(before, after, lines):
    assert differences(before, after) == lines


def test_the_paths_of_a_run():
    folder = RunFolder(Path("runs/x"))
    assert folder.encoder == Path("runs/x/encoder.safetensors")


@pytest.mark.parametrize("name", ["last.ckpt", "previous.ckpt"])
def test_a_run_with_a_checkpoint_can_be_resumed(folder, name):
    assert not folder.can_resume
    (folder.path / "checkpoints").mkdir(parents=True)
    (folder.path / "checkpoints" / name).touch()
    assert folder.can_resume


def test_a_second_run_in_the_folder_is_refused_and_told_whose_it_is(folder, recipe):
    with folder.open(recipe, "new"):
        before = everything(folder)
        for mode in ("new", "resume", "overwrite"):
            with pytest.raises(InputError, match=f"in use by process {os.getpid()} on"):
                folder.check(recipe, mode)
            with pytest.raises(InputError, match="in use by process"):
                opened(folder, recipe, mode)
        assert everything(folder) == before
    folder.check(recipe, "resume")


def test_the_lock_is_no_content_of_the_folder(folder, recipe):
    folder.path.mkdir()
    with held(folder.path):
        assert not folder.exists
    folder.check(recipe, "new")
