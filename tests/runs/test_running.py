"""Running a recipe: what is said of a run that somebody interrupts before it begins."""

import pytest

from crs_plugin.pretraining.checkpoint_files import LAST_CHECKPOINT
from crs_plugin.recipe import load_recipe
from crs_plugin.runs import running
from crs_plugin.runs.run_folder import RunFolder


@pytest.mark.parametrize(
    ("mode", "said"),
    [
        ("overwrite", "interrupted before the run began; nothing of it was written"),
        ("resume", "interrupted; the run can be continued exactly with:\n  again"),
    ],
)
def test_the_run_that_is_there_is_not_taken_for_the_new_one(
    mode, said, tmp_path, monkeypatch, capsys
):
    recipe, folder = load_recipe("crs_cont_resnet18"), RunFolder(tmp_path)
    folder.recipe.write_text(recipe.to_yaml())
    (tmp_path / LAST_CHECKPOINT).parent.mkdir()
    (tmp_path / LAST_CHECKPOINT).touch()

    def interrupted(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr(running, "prepare_run", interrupted)
    assert not running.run_recipe(recipe, folder, mode=mode, continue_with="again")
    assert said in capsys.readouterr().out
    assert folder.log.exists() == (mode == "resume")
