"""What a run tells before it reads anything."""

import logging

import pytest
from rich.console import Console

from crs_plugin.errors import InputError
from crs_plugin.progress import StageProgress
from crs_plugin.recipe import load_recipe
from crs_plugin.runs import preparing
from crs_plugin.runs.telling import Telling


def test_data_that_no_evaluation_uses_are_told_first(monkeypatch):
    def refuse(_):
        raise InputError("no such data")

    monkeypatch.setattr(preparing, "check_data", refuse)
    recipe = load_recipe("crs_cont_resnet18", ["data={name: image_folder, root: ./faces}"])
    nowhere = Console(quiet=True)
    telling = Telling(logging.getLogger("test"), nowhere, nowhere)
    with pytest.raises(InputError, match="no such data"):
        preparing.prepare_run(recipe, telling, StageProgress(nowhere), rank=0)
    assert [line.partition(":")[0] for line in telling.early] == ["note"]
