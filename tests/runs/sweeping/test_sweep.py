"""The grid of a sweep."""

import pytest

from crs_plugin.errors import InputError
from crs_plugin.recipe import RecipeError
from crs_plugin.runs.sweeping.sweep import split_at_commas, sweep_runs


@pytest.fixture
def runs(valid, small):
    return lambda *settings, seeds=1: sweep_runs(valid, settings, seeds, registry=small)


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("1,.5,.25", ["1", ".5", ".25"]),
        ("[1,2],[3,4]", ["[1,2]", "[3,4]"]),
        ("{name: a, b: [1, 2]}, null", ["{name: a, b: [1, 2]}", "null"]),
        ("'a,b',c", ["'a,b'", "c"]),
        ("1", ["1"]),
    ],
)
def test_commas_inside_of_brackets_and_quotes_separate_nothing(text, parts):
    assert split_at_commas(text) == parts


def test_every_combination_has_a_run_for_every_seed(runs):
    found = runs(
        *("objective.0.class_weights.negative=1,.5", "training.epochs=2,3", "optimizer.lr=0.1"),
        seeds=2,
    )
    assert [run.name for run in found] == [
        f"negative={negative}_epochs={epochs}_seed={seed}"
        for negative in ("1", "0.5")
        for epochs in (2, 3)
        for seed in (3, 4)  # counted up from that of the recipe
    ]
    last = found[-1]
    assert last.recipe.seed == 4
    assert last.recipe.values["objective"][0]["class_weights"]["negative"] == 0.5
    assert last.recipe.values["training"]["epochs"] == 3
    assert all(run.recipe.values["optimizer"]["lr"] == 0.1 for run in found)
    assert "seed=4" in last.overrides


def test_names_are_the_same_however_a_value_is_typed(runs):
    assert runs("optimizer.lr=.5,1e-1")[0].name == runs("optimizer.lr=0.5,0.1")[0].name


def test_names_can_be_folders(runs):
    names = [run.name for run in runs("augmentation.scale=[0.2, 1.0],[0.5, 1.0]", SHORT + LONG)]
    assert names[0] == "scale=0.2-1.0_projection=name-mlp-output_dim-16_seed=3"
    assert len(set(names)) == 4
    assert max(map(len, names)) < 75
    assert not any(set(name) & set("/ {}[]:'\"") for name in names)


SHORT = "heads.projection={name: mlp, output_dim: 16},"
LONG = "{name: mlp, output_dim: 1234567890123456789012345678901234567890123456789012345678901234}"


def test_seeds_may_be_listed_instead(runs):
    assert [run.recipe.seed for run in runs("seed=7,9")] == [7, 9]
    assert [run.recipe.seed for run in runs("seed=7", seeds=2)] == [7, 8]
    with pytest.raises(InputError, match="one of them"):
        runs("seed=7,9", seeds=2)


def test_the_problems_of_all_combinations_are_told_once(runs):
    with pytest.raises(RecipeError) as caught:
        runs("optimizer.lr=0.1,-1,fast", "training.epochs=1,2", seeds=3)
    assert len(caught.value.problems) == 2
    assert "-1" in str(caught.value)
    assert "fast" in str(caught.value)


@pytest.mark.parametrize(
    ("setting", "words"),
    [
        ("optimizer.lr", "expected KEY=VALUE"),
        ("optimizer.lr=1,,2", "nothing between two commas"),
        ("optimizer.lr=0.5,.5", "two runs .* lr=0.5_seed=3"),
    ],
)
def test_a_grid_that_makes_no_sense_is_refused(runs, setting, words):
    with pytest.raises(InputError, match=words):
        runs(setting)
