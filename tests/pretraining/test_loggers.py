import csv
import subprocess
import sys
from importlib.machinery import ModuleSpec
from types import ModuleType

import pytest
from small_run import small_run, weighted_module

from crs_plugin.losses import ScheduledClassWeights
from crs_plugin.pretraining.needed_libraries import check_libraries
from crs_plugin.registry import MissingExtraError, registry


def test_csv_has_the_rows(tmp_path):
    logger = registry.get("logger", "csv").target(tmp_path)
    small_run(tmp_path, loggers=[logger])
    with (tmp_path / "csv" / "version_0" / "metrics.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [int(row["step"]) for row in rows] == [1, 2, 4, 6, 8, 10, 12]
    assert float(rows[-1]["terms/contrast"]) > 0
    assert float(rows[-1]["collapsed/contrast"]) > 0


def test_class_weights_are_scalars_of_their_own(tmp_path):
    weights = ScheduledClassWeights({}, {"negative": 0.5}, to_epoch=1)
    logger = registry.get("logger", "csv").target(tmp_path)
    small_run(tmp_path, weighted_module(weights), loggers=[logger])
    with (tmp_path / "csv" / "version_0" / "metrics.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert {float(row["class_weights/crs_cont/positive"]) for row in rows} == {1}
    found = {int(row["step"]): float(row["class_weights/crs_cont/negative"]) for row in rows}
    assert (found[6], found[7]) == (1, 0.5)


def test_a_resumed_run_keeps_the_table_of_the_first(tmp_path):
    for resume in (False, True):
        small_run(tmp_path, resume=resume, loggers=[registry.get("logger", "csv").target(tmp_path)])
    assert (tmp_path / "csv" / "version_0" / "metrics.csv").is_file()


def test_tensorboard_says_what_to_install(tmp_path, monkeypatch):
    import pytorch_lightning.loggers as loggers

    def missing(*args, **options):
        raise ModuleNotFoundError("Neither `tensorboard` nor `tensorboardX` is available.")

    monkeypatch.setattr(loggers, "TensorBoardLogger", missing)
    with pytest.raises(MissingExtraError, match=r"pip install 'crs_plugin\[loggers\]'"):
        registry.get("logger", "tensorboard").target(tmp_path)


def test_wandb_keeps_one_run_offline(tmp_path):
    pytest.importorskip("wandb", reason="the extra 'loggers' is not installed")
    ids = set()
    for resume in (False, True):
        logger = registry.get("logger", "wandb").target(tmp_path, offline=True)
        small_run(tmp_path, resume=resume, loggers=[logger])
        logger.experiment.finish()
        ids.add(logger.version)
    assert ids == {(tmp_path / ".wandb_run").read_text().strip()}
    assert list((tmp_path / "wandb").glob("offline-run-*"))


def test_mlflow_keeps_one_run_in_the_folder(tmp_path, monkeypatch):
    pytest.importorskip("mlflow", reason="the extra 'loggers' is not installed")
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    ids = set()
    for resume in (False, True):
        logger = registry.get("logger", "mlflow").target(tmp_path)
        small_run(tmp_path, resume=resume, loggers=[logger])
        ids.add(logger.run_id)
    (run,) = ids
    history = logger.experiment.get_metric_history(run, "terms/contrast")
    assert {each.step for each in history} == {1, 2, 4, 6, 8, 10, 12}


@pytest.mark.parametrize("name", ["wandb", "mlflow"])
def test_what_is_not_installed_is_told(name, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(MissingExtraError, match=rf"{name} needs .*crs_plugin\[loggers\]"):
        check_libraries(registry.get("logger", name).target)
    monkeypatch.setattr(f"pytorch_lightning.loggers.{name}._{name.upper()}_AVAILABLE", False)
    with pytest.raises(MissingExtraError, match=rf"{name} needs .*crs_plugin\[loggers\]"):
        registry.get("logger", name).target(tmp_path)


def test_nothing_is_asked_of_loggers_that_name_no_library(monkeypatch):
    check_libraries(registry.get("logger", "csv").target)
    monkeypatch.setitem(sys.modules, "tensorboard", None)
    monkeypatch.setitem(sys.modules, "tensorboardX", module := ModuleType("tensorboardX"))
    module.__spec__ = ModuleSpec("tensorboardX", None)
    check_libraries(registry.get("logger", "tensorboard").target)  # either will do


def test_rooms_import_fast():
    script = """
import sys
from crs_plugin.registry import registry
for kind in ("optimizer", "schedule", "logger"):
    registry.names(kind)
heavy = {"pytorch_lightning", "lightly", "kornia", "pytorch_metric_learning", "matplotlib"}
print(sorted(heavy & set(sys.modules)))
"""
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"
