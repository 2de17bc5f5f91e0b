"""Recipes are run from Python as from the command line."""

import logging
import warnings

import numpy as np
import pytest
import torch

import crs_plugin
from crs_plugin.errors import InputError
from crs_plugin.runs.run import _leaves

FACES = {"name": "synthetic_faces", "domain": "wild", "size": 32, "train": 64, "test": 32}


def test_mappings_change_the_keys_that_they_have_and_components_are_whole(tmp_path) -> None:
    values = {
        "seed": 1,
        "training": {"epochs": 2, "precision": "32-true"},
        "optimizer": {"name": "adamw", "lr": 1e-3},
        "data": [{"name": "image_folder", "root": tmp_path}],
        "heads.coarse": None,
    }
    assert dict(_leaves(values)) == {
        "seed": 1,
        "training.epochs": 2,
        "training.precision": "32-true",
        "optimizer": {"name": "adamw", "lr": 1e-3},
        "data": [{"name": "image_folder", "root": str(tmp_path)}],
        "heads.coarse": None,
    }


@pytest.mark.parametrize(
    ("changes", "key"),
    [
        ({"seed": np.int64(1)}, "seed"),
        ({"training": {"epochs": {1, 2}}}, r"training\.epochs"),
        ({"evaluation": [{"name": "knn", "k": np.array([1])}]}, r"evaluation\.0\.k"),
    ],
)
def test_a_value_that_no_recipe_can_hold_is_told_by_its_key(changes, key) -> None:
    with pytest.raises(InputError, match=f"^{key}: found .*, expected what a recipe can hold"):
        crs_plugin.run("crs_cont_resnet18", **changes)


def test_bad_input_is_told_as_on_the_command_line(tmp_path) -> None:
    with pytest.raises(InputError, match=r"^override training\.epohcs=1: .*did you mean 'epochs'"):
        crs_plugin.run("crs_cont_resnet18", output=tmp_path / "run", training={"epohcs": 1})
    with pytest.raises(InputError, match="give one of them"):
        crs_plugin.run("crs_cont_resnet18", resume=True, overwrite=True)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
def test_a_run_has_paths_and_figures_and_leaves_the_process_as_it_was(
    tmp_path, monkeypatch
) -> None:
    monkeypatch.setenv("CRS_CACHE", str(tmp_path / "cache"))
    torch.manual_seed(7)
    expected = torch.rand(1)
    torch.manual_seed(7)
    before = (torch.get_num_threads(), list(warnings.filters), list(logging.root.handlers))
    result = crs_plugin.run(
        "crs_cont_resnet18",
        output=tmp_path / "run",
        data=FACES,
        augmentation={"size": 32},
        training={"max_steps": 1, "batch_size": 16, "threads": 1},
        evaluation=[{"name": "linear_probe", "title": "wild", "regularisation": [0.01]}],
        references=[{"name": "random"}],
    )
    assert result.finished
    assert result.folder.report.is_file()
    assert set(result.scores["wild"]) == {"trained", "random"}
    assert 0 <= result.scores["wild"]["trained"]["uar"] <= 1
    assert result.encoder().embed([]).shape == (0, 512)
    assert before == (torch.get_num_threads(), list(warnings.filters), list(logging.root.handlers))
    assert torch.equal(torch.rand(1), expected)
