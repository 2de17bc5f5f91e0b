"""``--json`` of the listings: one object on stdout, of the documented layout."""

import json

import pytest

from crs_plugin.cli import json_output
from crs_plugin.cli.json_output import VERSION
from crs_plugin.data.datasets.synthetic_faces import synthetic_faces
from crs_plugin.data.decoded_images import ImageReader
from crs_plugin.registry import KINDS, registry


@pytest.fixture
def told(call, capsys):
    """Return a function that runs a command with ``--json`` and returns what it tells."""

    def run(*arguments: str, code: int = 0) -> dict:
        assert call(*arguments, "--json") == code
        printed = json.loads(capsys.readouterr().out)
        assert printed.pop("version") == VERSION
        return printed

    return run


@pytest.fixture
def entry(tmp_path, monkeypatch):
    monkeypatch.setenv("CRS_CACHE", str(tmp_path / "cache"))
    reader = ImageReader(lambda *told: None, lambda line: None)
    return reader.decoded(synthetic_faces(train=3, test=0), 16).images


def test_recipes(told):
    rows = told("recipe", "list")["recipes"]
    assert all(set(row) == {"name", "file", "description"} for row in rows)
    assert "crs_cont_resnet18" in [row["name"] for row in rows]


def test_a_recipe_with_where_its_values_come_from(told):
    shown = told("recipe", "show", "crs_cont_resnet18", "--set", "seed=7")
    assert shown["values"]["seed"] == 7
    assert shown["from"]["seed"] == "--set"
    assert "crs_cont_resnet18.yaml:" in shown["from"]["training.epochs"]
    assert shown["name"] == "crs_cont_resnet18"


def test_what_is_wrong_with_recipes(told, tmp_path):
    (tmp_path / "bad.yaml").write_text("extends: crs_cont_resnet18\nname: x\nsed: 1\n")
    good, bad, none = told(
        "recipe", "validate", "simclr_resnet18", "bad.yaml", "none.yaml", code=2
    )["recipes"]
    assert good == {"recipe": "simclr_resnet18", "valid": True, "problems": []}
    assert not bad["valid"]
    (problem,) = bad["problems"]
    assert problem["place"].endswith("bad.yaml:3:1")
    assert problem["key"] == "sed"
    assert "seed" in problem["message"]
    assert none["problems"][0]["place"].endswith("none.yaml")


def test_components(told):
    listed = told("components", "list", "--kind", "loss")
    assert {row["name"] for row in listed["components"]["loss"]} >= {"crs_cont"}
    assert set(listed["components"]["loss"][0]) == {"name", "origin", "summary"}
    assert {family["prefix"] for family in listed["families"]["loss"]} >= {"lightly/", "pml/"}
    shown = told("components", "show", "loss", "crs_cont")
    assert shown["documentation"] == registry.get("loss", "crs_cont").docstring
    assert {option["name"] for option in shown["options"]} >= {"temperature", "class_weights"}
    assert "name: crs_cont" in shown["snippet"]


@pytest.mark.slow
def test_all_kinds_of_components(told):
    assert set(told("components", "list")["components"]) == set(KINDS)


def test_the_cache(told, entry):
    listed = told("cache", "list")
    (row,) = listed["entries"]
    assert row["data"] == "synthetic_faces (wild, basic)"
    assert (row["images"], row["size"], row["finished"], row["in_use"]) == (3, 16, True, True)
    assert listed["bytes"] == row["bytes"] > 0
    assert told("cache", "verify") == {
        "entries": [{"key": row["key"], "whole": True, "problem": None}]
    }


@pytest.mark.parametrize(
    "command",
    ["recipe list", "recipe show", "recipe validate", "cache list", "data inspect", "predict"],
)
def test_the_layout_is_documented(command):
    assert f"crs {command} " in str(json_output.__doc__)
