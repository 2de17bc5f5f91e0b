"""The study runs; what it finds here, with two networks that have learnt nothing, means nothing."""

import pytest
import torch
from study_occlusion import CHANGES, main

from crs_plugin.evaluation.changed_images import changed
from crs_plugin.recipe import load_recipe
from crs_plugin.recipe.building import build_module, encoder_of
from crs_plugin.runs.run_folder import RunFolder

SMALL = "data={name: synthetic_faces, domain: lab, size: 32, train: 64, test: 32}"


@pytest.fixture(autouse=True)
def _cache(tmp_path, monkeypatch):
    monkeypatch.setenv("CRS_CACHE", str(tmp_path / "cache"))


@pytest.fixture
def run(tmp_path):
    """Make the folder of a run that trained for no step."""

    def made(name: str, *changes: str) -> str:
        options = [SMALL, "augmentation.size=32", "evaluation=[]", *changes]
        recipe = load_recipe(name, options)
        folder = RunFolder(tmp_path / recipe.name)
        with folder.open(recipe, "new"):
            module = build_module(recipe, ("happiness", "anger"))
            encoder_of(recipe, module, {}).save(folder.encoder)
        return str(folder.path)

    return made


@pytest.mark.slow
def test_both_runs_are_scored_on_clean_and_on_changed_images(run, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "200")
    main([run("crs_cont_resnet18"), run("crs_cont_robust_resnet18", "seed=1")])
    printed = capsys.readouterr().out
    assert "crs_cont_robust_resnet18 UAR" in printed
    for name in ("clean", "occluded: mask", "illumination", "degradation", "occluded: mean"):
        assert name in printed
    assert "32 test images" in printed


@pytest.mark.parametrize("name", CHANGES)
def test_each_change_changes_images_and_is_seeded(name):
    images = torch.randint(60, 200, (6, 1, 32, 32), dtype=torch.uint8)
    once = changed(images, CHANGES[name](), 3)
    assert once.dtype == torch.uint8
    assert torch.equal(once, changed(images, CHANGES[name](), 3))
    assert not torch.equal(once, images)


@pytest.mark.parametrize(
    ("change", "what"), [("data.size=40", "data"), ("augmentation.size=40", "input size")]
)
def test_runs_that_cannot_be_compared_are_refused(run, change, what):
    folders = run("crs_cont_resnet18"), run("simclr_resnet18", change)
    with pytest.raises(SystemExit, match=f"differ in their {what}"):
        main(folders)


def test_a_folder_without_a_run_is_refused(tmp_path, run):
    with pytest.raises(SystemExit, match="holds no finished run"):
        main([str(tmp_path / "none"), run("crs_cont_resnet18")])
