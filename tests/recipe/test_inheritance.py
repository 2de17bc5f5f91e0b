from pathlib import Path

import pytest


@pytest.fixture
def pair(valid, write):
    """Writes a recipe that extends the valid one, which lies in a folder above."""
    return lambda text: write(f"extends: ../recipe.yaml\n{text}", "mine/child.yaml")


def test_mappings_are_merged_key_by_key_and_lists_replaced(pair, load):
    recipe = load(
        pair(
            "optimizer: {lr: 0.1}\n"
            "objective: [{name: contrast}, {name: classify, weight: 2}]\n"
            "augmentation: {size: 64}\n"
        )
    )
    assert recipe.name == "tiny"
    assert recipe.optimizer.options == {"lr": 0.1}
    assert recipe.augmentation.options == {"size": 64, "scale": (0.5, 1.0)}
    assert [(t.spec.options, t.weight) for t in recipe.objective] == [({}, 1.0), ({}, 2.0)]


def test_the_name_of_the_recipe_is_no_component(pair, load):
    recipe = load(pair("name: other"))
    assert (recipe.name, recipe.backbone.name) == ("other", "net")


def test_another_component_drops_the_inherited_options(pair, load):
    recipe = load(pair("augmentation: {name: one_view, size: 16}"))
    assert recipe.augmentation.options == {"size": 16}


def test_the_same_component_keeps_them(pair, load):
    recipe = load(pair("augmentation: {name: two_views, flip: 0}"))
    assert recipe.augmentation.options == {"size": 32, "scale": (0.5, 1.0), "flip": 0.0}


def test_a_null_takes_a_part_away(pair, load):
    recipe = load(pair("heads: {coarse: null}\nobjective: [{name: contrast}]"))
    assert list(recipe.heads) == ["projection"]


def test_paths_start_from_the_file_they_stand_in(pair, load, valid):
    recipe = load(pair("evaluation: [{name: probe, data: {name: faces, root: ./here}}]"))
    assert recipe.data[0].options["root"] == valid.parent / "faces"
    inner = recipe.evaluation[0].options["data"]
    assert inner.options["root"] == valid.parent / "mine" / "here"


def test_an_inherited_value_names_its_file(pair, load, valid, write, valid_text):
    child = pair("optimizer: {lr: 0.1}")
    provenance = load(child).provenance
    above = f"{child.parent}/../recipe.yaml"
    assert provenance["optimizer.lr"] == f"{child}:2"
    assert provenance["optimizer.name"] == f"{above}:20 (inherited)"


def test_a_wrong_inherited_value_names_its_file_and_the_heir(pair, write, valid_text, problems):
    write(valid_text.replace("epochs: 2", "epochs: 0"))
    child = pair("seed: 4")
    [(place, key, message)] = problems(child)
    assert (place, key) == ("../recipe.yaml:21:12", "training.epochs")
    assert message == f"found 0, expected > 0 (inherited by {child})"


def test_a_chain_of_three(pair, write, load):
    pair("optimizer: {lr: 0.1}\nseed: 5")
    recipe = load(write("extends: mine/child.yaml\nseed: 6", "grandchild.yaml"))
    assert (recipe.seed, recipe.optimizer.options["lr"], recipe.augmentation.name) == (
        6,
        0.1,
        "two_views",
    )


def test_a_circle_is_named(write, problems):
    write("seed: 1\nextends: b.yaml", "a.yaml")
    write("extends: c.yaml", "b.yaml")
    path = write("extends: a.yaml", "c.yaml")
    [(place, key, message)] = problems(path)
    assert (place, key) == ("b.yaml:1:1", "extends")
    assert "c.yaml → a.yaml → b.yaml → c.yaml" in message


def test_a_recipe_that_extends_itself(write, problems):
    [(place, _, message)] = problems(write("name: a\nextends: recipe.yaml"))
    assert place == "recipe.yaml:2:1"
    assert "recipe.yaml → recipe.yaml" in message


def test_problems_of_a_broken_base_are_told_there(pair, write, problems):
    write("a: [1\n")
    [(place, _, message)] = problems(pair("seed: 1"))
    assert place.startswith("../recipe.yaml:")
    assert "broken YAML" in message


def test_an_inherited_variable_that_is_not_set_matters_only_where_it_stays(
    valid, valid_text, write, load, problems
):
    write(valid_text.replace("root: ./faces", 'root: "${NO_SUCH_VARIABLE}"'), "base.yaml")
    heir = write("extends: base.yaml", "heir.yaml")
    ((_, key, message),) = problems(heir)
    assert key == "data.root"
    assert "NO_SUCH_VARIABLE is not set" in message
    write("extends: base.yaml\ndata: {root: ./faces}", "heir.yaml")
    assert load(heir).data[0].options["root"] == valid.parent / "faces"


def test_a_variable_in_the_name_of_the_base_that_is_not_set(write, problems, monkeypatch):
    monkeypatch.delenv("NO_SUCH_VARIABLE", raising=False)
    [(place, key, message)] = problems(write("name: a\nextends: ${NO_SUCH_VARIABLE}/base.yaml"))
    assert (place, key) == ("recipe.yaml:2:1", "extends")
    assert "NO_SUCH_VARIABLE is not set" in message


@pytest.mark.parametrize("base", ["gone/base", "base.yml", "~nobody_of_that_name/base"])
def test_a_base_that_looks_like_a_file_is_missed_as_one(base, write, problems, tmp_path):
    [(place, key, message)] = problems(write(f"name: a\nextends: {base}"))
    assert (place, key) == ("recipe.yaml:2:1", "extends")
    assert message == f"there is no recipe file {tmp_path / base}"


def test_a_recipe_of_a_user_that_there_is_not(problems):
    [(place, _, message)] = problems(Path("~nobody_of_that_name/recipe.yaml"))
    assert place == "recipe.yaml"
    assert "No such file" in message
