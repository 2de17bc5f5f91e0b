"""Metrics for MLflow."""

from pathlib import Path
from typing import TYPE_CHECKING

from crs_plugin.files import write_atomically
from crs_plugin.pretraining.needed_libraries import needs
from crs_plugin.registry import MissingExtraError, register

if TYPE_CHECKING:
    from pytorch_lightning.loggers import Logger

_ID = ".mlflow_run"


@register("logger", "mlflow")
@needs("mlflow")
def mlflow(
    folder: Path, /, *, experiment: str = "crs_plugin", tracking_uri: str | None = None
) -> "Logger":
    """Writes metrics where ``mlflow ui`` shows them; a resumed run goes on in the same chart.

    Args:
        folder: The run's folder, handed in by the host.
        experiment: The experiment that the run belongs to.
        tracking_uri: A server or database; by default ``$MLFLOW_TRACKING_URI``, else a database
            ``mlflow.db`` in the run's folder.

    Raises:
        MissingExtraError: If MLflow is not installed.
    """
    import os

    from pytorch_lightning.loggers import MLFlowLogger

    folder.mkdir(parents=True, exist_ok=True)
    local = f"sqlite:///{(folder / 'mlflow.db').absolute()}"
    kept = folder / _ID
    try:
        logger = MLFlowLogger(
            experiment_name=experiment,
            run_name=folder.name,
            tracking_uri=tracking_uri or os.environ.get("MLFLOW_TRACKING_URI") or local,
            run_id=kept.read_text().strip() if kept.is_file() else None,
        )
        known = logger.run_id
    except ModuleNotFoundError as error:
        raise MissingExtraError("logger mlflow", "loggers") from error
    write_atomically(kept, f"{known}\n")
    return logger
