import csv

import pytest
import torch

from crs_plugin.recipe import RecipeError, load_recipe
from crs_plugin.recipe.checks import check_build, check_data

SMALL = """\
name: small
data: {name: synthetic_faces, size: 32, train: 64, test: 32}
augmentation: {name: fer_two_views, size: 32}
backbone: {name: resnet18}
heads:
  projection: {name: mlp, output_dim: 16}
  coarse: {name: linear}
objective:
  - {name: crs_cont, class_weights: {negative: 0.5}}
  - {name: coarse_cross_entropy}
miner: {name: coarse_labels}
optimizer: {name: sgd, lr: 0.1}
schedule: {name: one_cycle}
training: {epochs: 1, batch_size: 8}
evaluation:
  - {name: linear_probe}
"""


@pytest.fixture
def recipe(write):
    """Loads the small recipe, changed."""

    def recipe(old: str = "", new: str = "", *overrides: str):
        assert old in SMALL
        return load_recipe(write(SMALL.replace(old, new) if old else SMALL), overrides)

    return recipe


def found(check, recipe):
    with pytest.raises(RecipeError) as caught:
        check(recipe)
    return caught.value.problems


def test_a_recipe_that_builds_and_leaves_the_generator_alone(recipe):
    torch.manual_seed(3)
    expected = torch.rand(1)
    torch.manual_seed(3)
    check_build(recipe())
    assert torch.rand(1) == expected


def test_a_recipe_whose_data_are_there(recipe):
    check_data(recipe())


@pytest.mark.parametrize(
    ("override", "words"),
    [
        ("heads.projection.input_dim=100", ["heads.projection.input_dim", "100", "512"]),
        ("augmentation.scale=[1.0, 0.5]", ["augmentation", "scale"]),
        ("evaluation.0.regularisation=[]", ["evaluation.0", "at least one value"]),
        ("backbone.weights=./gone.pth", ["backbone", "no weights file /"]),
    ],
)
def test_what_shows_only_when_it_is_built(override, words, recipe):
    message = "\n".join(map(str, found(check_build, recipe("", "", override))))
    assert all(word in message for word in words), message


def test_several_parts_are_told_at_once(recipe):
    changed = recipe("", "", "heads.projection.input_dim=9", "evaluation.0.regularisation=[]")
    assert len(found(check_build, changed)) == 2


def test_a_missing_folder_is_told_where_the_data_stand(recipe, tmp_path):
    changed = recipe(
        "data: {name: synthetic_faces, size: 32, train: 64, test: 32}",
        "data:\n  - {name: synthetic_faces}\n  - {name: ferplus, root: ./none}",
    )
    [problem] = found(check_data, changed)
    assert (problem.place, problem.key) == (f"{tmp_path}/recipe.yaml:4:5", "data.1")
    assert f"no folder {tmp_path}/none" in problem.message


def test_a_missing_folder_of_an_evaluation(recipe, tmp_path, monkeypatch):
    monkeypatch.delenv("CRS_DATA", raising=False)
    changed = recipe("{name: linear_probe}", "{name: linear_probe, data: {name: raf_db}}")
    [problem] = found(check_data, changed)
    assert (problem.place, problem.key) == (
        f"{tmp_path}/recipe.yaml:16:26",
        "evaluation.0.data",
    )
    assert "CRS_DATA" in problem.message


@pytest.fixture
def unlabelled(tmp_path):
    """A table of images of which nobody says what they show."""
    folder = tmp_path / "faces"
    folder.mkdir()
    with (folder / "faces.csv").open("w", newline="") as lines:
        csv.writer(lines).writerows([["path"], ["a.png"], ["b.png"]])
    for name in ("a.png", "b.png"):
        (folder / name).write_bytes(b"")
    return "data: {name: table, root: ./faces, file: faces.csv, label_column: null}"


def test_data_without_labels_for_a_miner_and_a_loss_that_need_them(recipe, unlabelled):
    changed = recipe(
        "data: {name: synthetic_faces, size: 32, train: 64, test: 32}", unlabelled, "evaluation=[]"
    )
    problems = found(check_data, changed)
    assert [problem.key for problem in problems] == ["miner", "objective.0", "objective.1"]
    assert all("needs coarse labels" in problem.message for problem in problems)


def test_data_without_labels_for_a_loss_that_needs_none(write, unlabelled):
    text = SMALL.replace("data: {name: synthetic_faces, size: 32, train: 64, test: 32}", unlabelled)
    text = text.replace("  coarse: {name: linear}\n", "").replace(
        "miner: {name: coarse_labels}\n", ""
    )
    text = text.replace("  - {name: crs_cont, class_weights: {negative: 0.5}}\n", "")
    text = text.replace("coarse_cross_entropy", "lightly/NTXentLoss")
    check_data(load_recipe(write(text), ["evaluation=[]"]))


def test_an_evaluation_that_cannot_be_made_with_the_data(recipe, tmp_path):
    changed = recipe("{name: linear_probe}", "{name: linear_probe}", "data.test=0", "data.train=1")
    [problem] = found(check_data, changed)
    assert (problem.place, problem.key) == (f"{tmp_path}/recipe.yaml:16:5", "evaluation.0")
