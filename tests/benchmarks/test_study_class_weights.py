"""The study runs; its budget here is too small for figures that mean anything."""

import json

import pytest
from PIL import Image
from study_class_weights import main, probes

DATA = "{name: synthetic_faces, domain: wild, size: 32, train: 64, test: 32}"
COMPOUND = "{name: synthetic_faces, domain: wild, expressions: compound, size: 32, test: 32}"
EVALUATION = (
    f"[{{name: linear_probe, title: wild, data: {DATA}, regularisation: [0.01]}},"
    f" {{name: linear_probe, title: compound, data: {COMPOUND}, regularisation: [0.01]}}]"
)


@pytest.fixture(autouse=True)
def _cache(tmp_path, monkeypatch):
    monkeypatch.setenv("CRS_CACHE", str(tmp_path / "cache"))


def test_a_target_has_a_coarse_probe_where_its_data_have_coarse_classes(capsys) -> None:
    found = probes("crs_cont_resnet18", [f"data={DATA}", f"evaluation={EVALUATION}"])
    assert [(probe.labels, probe.target) for probe in found] == [
        *(("fine", 0), ("coarse", 0), ("fine", 2))
    ]
    assert found[1].values["title"] == "wild (coarse)"
    assert "no coarse probe" in capsys.readouterr().out


def test_a_recipe_without_class_weights_has_nothing_to_study(tmp_path) -> None:
    with pytest.raises(SystemExit, match="nothing to study"):
        main(["--recipe", "simclr_resnet18", "--output", str(tmp_path)])


@pytest.mark.slow
def test_the_study_writes_a_table_and_a_figure_and_goes_on_where_it_stopped(
    tmp_path, capsys
) -> None:
    small = (f"data={DATA}", f"evaluation={EVALUATION}", "augmentation.size=32")
    small += ("training.max_steps=1", "training.batch_size=16", "training.threads=1")
    options = [option for change in small for option in ("--set", change)]
    command = ["--weights", "1", "0", "--seeds", "5", "--output", str(tmp_path), *options]
    main(command)
    told = json.loads((tmp_path / "study.json").read_text())
    assert [(row["weight"], row["target"], row["labels"]) for row in told["rows"]] == [
        (weight, *probe)
        for weight in (1, 0)
        for probe in (("wild", "fine"), ("wild", "coarse"), ("compound", "fine"))
    ]
    assert all(0 <= row["uar"] <= 1 and 0 <= row["random_accuracy"] <= 1 for row in told["rows"])
    assert Image.open(tmp_path / "study.png").width > 500
    report = json.loads((tmp_path / "negative_0_seed_5" / "report.json").read_text())
    assert report["class_weights"]["crs_cont"]["last"]["negative"] == 0
    assert "negative 0" in capsys.readouterr().out

    main(command)
    assert capsys.readouterr().out.count("is finished") == 2
    assert json.loads((tmp_path / "study.json").read_text()) == told
