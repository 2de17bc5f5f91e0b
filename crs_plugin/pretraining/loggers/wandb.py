"""Metrics for Weights & Biases."""

from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

from crs_plugin.files import write_atomically
from crs_plugin.pretraining.needed_libraries import needs
from crs_plugin.registry import MissingExtraError, register

if TYPE_CHECKING:
    from pytorch_lightning.loggers import Logger

_ID = ".wandb_run"


@register("logger", "wandb")
@needs("wandb")
def wandb(folder: Path, /, *, project: str = "crs_plugin", offline: bool = False) -> "Logger":
    """Sends metrics to Weights & Biases; a resumed run goes on in the same chart.

    Without an account or a network take ``offline``: the run is kept in the run's folder, and
    ``wandb sync`` sends it later.

    Args:
        folder: The run's folder, handed in by the host.
        project: Where the run appears.
        offline: Whether nothing is sent.

    Raises:
        MissingExtraError: If wandb is not installed.
    """
    from pytorch_lightning.loggers import WandbLogger

    kept = folder / _ID
    try:
        import wandb as library

        known = kept.read_text().strip() if kept.is_file() else uuid4().hex[:8]
        logger = WandbLogger(
            name=folder.name,
            save_dir=folder,
            project=project,
            offline=offline,
            id=known,
            resume="allow",
            settings=library.Settings(silent=True),
        )
    except ModuleNotFoundError as error:
        raise MissingExtraError("logger wandb", "loggers") from error
    folder.mkdir(parents=True, exist_ok=True)
    write_atomically(kept, f"{known}\n")
    return logger
