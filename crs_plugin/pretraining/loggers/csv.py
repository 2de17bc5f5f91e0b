"""Metrics as a table, for a spreadsheet."""

from pathlib import Path
from typing import TYPE_CHECKING

from crs_plugin.registry import register

if TYPE_CHECKING:
    from pytorch_lightning.loggers import Logger


@register("logger", "csv")
def csv(folder: Path, /) -> "Logger":
    """Writes csv/version_0/metrics.csv in the run's folder (version_1, … when it is resumed).

    Args:
        folder: The run's folder, handed in by the host.
    """
    from pytorch_lightning.loggers import CSVLogger

    return CSVLogger(folder, name="csv")
