from pathlib import Path

from crs_plugin.recipe import shipped
from crs_plugin.recipe.problem import Problem, RecipeError, listed, unknown_word


def test_a_shipped_recipe_is_recognised_in_a_folder_with_a_colon(tmp_path, monkeypatch):
    home = tmp_path / "my:recipes"
    home.mkdir()
    (home / "ours.yaml").touch()
    monkeypatch.setattr(shipped, "_HOMES", (home,))
    problem = Problem(f"{home}/ours.yaml:3:5", "seed", "found -1")
    first, second = str(RecipeError([problem])).splitlines()
    assert first == f"{home}/ours.yaml:3:5: seed: found -1"
    assert second == (
        "ours comes with the package; leave its file as it is, and change values with --set"
        " KEY=VALUE, in a recipe that extends it, or in a copy: crs recipe copy ours FILE"
    )


def test_of_a_recipe_of_ones_own_nothing_is_added():
    problem = Problem(f"{Path('mine.yaml')}:3:5", "seed", "found -1")
    assert str(RecipeError([problem])) == "mine.yaml:3:5: seed: found -1"


def test_an_unknown_word_is_told_with_those_that_are_known():
    assert unknown_word("key", "seeed", ["name", "seed"]) == (
        "unknown key 'seeed'; did you mean 'seed'? Known are name, seed"
    )
    assert unknown_word("key", "x", ["name", "seed"]) == "unknown key 'x'. Known are name, seed"
    assert unknown_word("key", "x", []) == "unknown key 'x'. Known are none"
    assert listed(["a", "b"]) == "a, b"
