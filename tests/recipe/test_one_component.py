import pytest

from crs_plugin.recipe import RecipeError
from crs_plugin.recipe.one_component import one_component


def test_options_are_in_the_types_that_the_component_takes(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    overrides = ["valid_as_test=true", "rule=plurality"]
    spec = one_component("dataset", "ferplus", {"root": "faces"}, overrides)
    assert (spec.kind, spec.name) == ("dataset", "ferplus")
    assert spec.options == {
        "root": tmp_path / "faces",
        "valid_as_test": True,
        "rule": "plurality",
    }


def test_all_problems_are_told_with_the_word_they_come_from():
    with pytest.raises(RecipeError) as raised:
        one_component("dataset", "table", {"rot": "faces"}, ["margin=-1", "nonsense"])
    *others, missing = map(str, raised.value.problems)
    assert [problem.partition(";")[0] for problem in others] == [
        "--set nonsense: expected KEY=VALUE with a dotted key, as in optimizer.lr=3e-3",
        "--rot faces: rot: dataset 'table' has no option 'rot'",
        "--set margin=-1: margin: found -1, expected ≥ 0",
    ]
    assert missing == (
        "file: missing: dataset 'table' needs it: text; give it with --set file=VALUE"
    )


def test_an_unknown_component_is_told_with_what_exists():
    with pytest.raises(RecipeError, match="did you mean 'raf_db'"):
        one_component("dataset", "raf_dbb")


def test_the_component_is_not_changed_by_an_option():
    with pytest.raises(RecipeError, match="name: the dataset is 'ferplus' already"):
        one_component("dataset", "ferplus", {}, ["name=raf_db"])


def test_what_fails_when_it_is_built_is_told_with_the_word_it_comes_from(tmp_path):
    spec = one_component("dataset", "raf_db", {"root": str(tmp_path / "gone")})
    with pytest.raises(RecipeError, match=r"^--root \S+gone: root: data set raf_db: there is no"):
        spec.build()
