"""Metrics for TensorBoard."""

from pathlib import Path
from typing import TYPE_CHECKING

from crs_plugin.pretraining.needed_libraries import needs
from crs_plugin.registry import MissingExtraError, register

if TYPE_CHECKING:
    from pytorch_lightning.loggers import Logger


@register("logger", "tensorboard")
@needs("tensorboard", "tensorboardX")
def tensorboard(folder: Path, /) -> "Logger":
    """Writes event files that ``tensorboard --logdir runs`` shows.

    Args:
        folder: The run's folder, handed in by the host.

    Raises:
        MissingExtraError: If TensorBoard is not installed.
    """
    from pytorch_lightning.loggers import TensorBoardLogger

    try:
        return TensorBoardLogger(folder, name="tensorboard", version="")
    except ModuleNotFoundError as error:
        raise MissingExtraError("logger tensorboard", "loggers") from error
