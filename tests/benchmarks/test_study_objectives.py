"""The study runs on made data; its budget here is too small for figures that mean anything."""

import json

import pytest
import study_objectives
from study_objectives import ROWS, Budget, main

from crs_plugin.recipe import load_recipe

FACES = "data={name: synthetic_faces, domain: wild, size: 32, train: 64, test: 32}"
PROBE = "evaluation=[{name: linear_probe, title: FERPlus, regularisation: [0.01]}]"


@pytest.fixture
def _data(tmp_path, monkeypatch):
    for name in ("ferplus/fer2013new.csv", "muxspace/legend.csv"):
        (tmp_path / name).parent.mkdir()
        (tmp_path / name).touch()
    monkeypatch.setenv("CRS_DATA", str(tmp_path))
    monkeypatch.setenv("CRS_CACHE", str(tmp_path / "cache"))


@pytest.mark.usefixtures("_data")
@pytest.mark.parametrize("row", ROWS)
def test_every_row_is_a_recipe(row, tmp_path) -> None:
    recipe, own = ROWS[row]
    changes = study_objectives.changes(study_objectives.BUDGETS["short"], tmp_path)
    loaded = load_recipe(recipe, [*changes, *own])
    assert loaded.training.images == 10_000
    assert [bool(loaded.exclude_expressions)] == ["without" in row]


def test_missing_data_are_named(tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("CRS_DATA", str(tmp_path))
    with pytest.raises(SystemExit, match=r"ferplus/fer2013new.csv; CRS_DATA names the folder"):
        main(["short", "--output", str(tmp_path / "runs")])


@pytest.mark.slow
@pytest.mark.usefixtures("_data")
def test_the_study_makes_a_table_and_goes_on_where_it_stopped(
    tmp_path, capsys, monkeypatch
) -> None:
    monkeypatch.setitem(study_objectives.BUDGETS, "short", Budget(None, 1, (5, 6)))
    monkeypatch.setenv("COLUMNS", "200")
    small = (FACES, PROBE, "augmentation.size=32", "training.max_steps=1")
    small += ("training.batch_size=16", "training.threads=1")
    options = [option for change in small for option in ("--set", change)]
    command = ["short", "--rows", "supervised, fine", "--output", str(tmp_path / "runs"), *options]
    main(command)
    rows = json.loads((tmp_path / "runs" / "study.json").read_text())["rows"]
    assert [(row["row"], row["seed"]) for row in rows] == [("supervised, fine", s) for s in (5, 6)]
    assert all(0 <= row["values"]["FERPlus"]["uar"] <= 1 for row in rows)
    assert "±" in capsys.readouterr().out
    main(command)
    assert capsys.readouterr().out.count("is finished") == 2
