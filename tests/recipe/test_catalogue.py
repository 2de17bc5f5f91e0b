import subprocess
import sys

import pytest

from crs_plugin.recipe import load_recipe, shipped_recipes
from crs_plugin.recipe.catalogue import UnknownRecipeError, description, find_recipe

SHIPPED = {
    "barlow_twins_resnet18",
    "crs_cont_released",
    "crs_cont_resnet18",
    "crs_cont_resnet18_ferplus",
    "crs_cont_robust_resnet18",
    "simclr_resnet18",
    "supcon_coarse_resnet18",
    "supcon_resnet18",
    "supervised_coarse_resnet18",
    "supervised_resnet18",
}
BASELINES = (
    *("simclr_resnet18", "barlow_twins_resnet18"),
    *("supcon_resnet18", "supcon_coarse_resnet18"),
    *("supervised_resnet18", "supervised_coarse_resnet18"),
)


@pytest.fixture(autouse=True)
def data_folder(monkeypatch, tmp_path):
    monkeypatch.setenv("CRS_DATA", str(tmp_path))


def test_all_shipped_recipes_are_found():
    found = shipped_recipes()
    assert set(found) == SHIPPED
    assert len(found) == 10
    assert all(path.name == f"{name}.yaml" for name, path in found.items())


@pytest.mark.parametrize("name", sorted(SHIPPED))
def test_every_shipped_recipe_is_valid_and_says_what_it_is(name, tmp_path):
    recipe = load_recipe(name)
    assert recipe.name == name
    assert len(description(find_recipe(name))) > 20
    resolved = tmp_path / "resolved.yaml"
    resolved.write_text(recipe.to_yaml(), encoding="utf-8")
    assert load_recipe(resolved) == recipe


@pytest.mark.parametrize("name", BASELINES)
def test_baselines_have_the_budget_and_the_tests_of_the_method(name):
    method, baseline = load_recipe("crs_cont_resnet18"), load_recipe(name)
    for part in ("data", "training", "optimizer", "schedule", "backbone", "evaluation"):
        assert getattr(baseline, part) == getattr(method, part), part
    assert baseline.objective != method.objective


@pytest.mark.parametrize("name", sorted(SHIPPED))
@pytest.mark.parametrize("key", ["optimizer.lr", "optimizer.momentum", "optimizer.weight_decay"])
def test_what_a_researcher_would_change_is_spelt_out(name, key):
    assert key in load_recipe(name).provenance


def test_an_unknown_name():
    with pytest.raises(UnknownRecipeError, match=r"did you mean 'simclr_resnet18'\?.*supcon"):
        find_recipe("simclr_resnet19")


def test_the_folder_of_a_run_is_told_from_its_recipe(tmp_path):
    (tmp_path / "recipe.yaml").write_text("")
    with pytest.raises(UnknownRecipeError, match=r"did you mean .*recipe\.yaml\?"):
        find_recipe(str(tmp_path))


def test_a_name_is_found_from_any_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert load_recipe("crs_cont_resnet18").name == "crs_cont_resnet18"


def test_an_unknown_name_is_a_problem_of_the_recipe(problems, tmp_path):
    from pathlib import Path

    [(place, _, message)] = problems(Path("crs_cont_resnet"))
    assert place == "crs_cont_resnet"
    assert "did you mean 'crs_cont_resnet18'?" in message


def test_reading_a_recipe_imports_nothing_heavy():
    code = (
        "import sys; from crs_plugin.recipe import load_recipe; load_recipe('crs_cont_resnet18');"
        "heavy = {'pytorch_lightning', 'kornia', 'matplotlib', 'timm', 'sklearn', 'torchmetrics'};"
        "print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_a_shipped_recipe_is_shown_by_a_short_path(monkeypatch):
    home = find_recipe("simclr_resnet18").parent
    monkeypatch.chdir(home.parent)
    provenance = load_recipe("simclr_resnet18").provenance
    assert provenance["name"] == "recipes/simclr_resnet18.yaml:3"
    assert provenance["seed"] == "recipes/crs_cont_resnet18.yaml:3 (inherited)"


def test_supcon_on_coarse_labels_is_the_first_term_of_the_method_without_its_weights():
    coarse, fine = load_recipe("supcon_coarse_resnet18"), load_recipe("supcon_resnet18")
    method = load_recipe("crs_cont_resnet18")
    assert coarse.labels == method.labels
    assert coarse.objective == fine.objective
    assert {key for key in fine.values if fine.values[key] != coarse.values[key]} == {
        *("name", "labels"),
    }


@pytest.mark.parametrize("name", BASELINES)
def test_a_baseline_can_be_built(name):
    from crs_plugin.recipe.checks import check_build

    check_build(load_recipe(name, ["augmentation.size=32", "training.batch_size=16"]))


def test_the_robust_recipe_changes_the_views_and_nothing_else():
    method, robust = load_recipe("crs_cont_resnet18"), load_recipe("crs_cont_robust_resnet18")
    differing = {key for key in method.values if method.values[key] != robust.values[key]}
    assert differing == {"name", "augmentation"}
    assert [step.name for step in robust.augmentation.options["then"]] == [
        *("random_small_pose", "random_illumination"),
        *("random_face_occlusion", "random_degradation"),
    ]
