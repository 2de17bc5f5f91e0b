"""The file ``metrics.jsonl``: one row of metrics a line."""

import json
from contextlib import suppress
from pathlib import Path
from typing import IO, Any

import pytorch_lightning as pl

from crs_plugin.files import write_atomically
from crs_plugin.pretraining.callbacks.closing import Closing


class MetricsFile(Closing):
    """Appends every row to a file, and to the trainer's loggers, as soon as it is known.

    A run that starts anew empties the file. One that is resumed drops the rows after its
    checkpoint, since it will write these again: no step is there twice, none is missing.

    Args:
        path: The file; its folder exists.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file: IO[str] | None = None

    def on_train_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Keep the rows up to the step that the run starts from."""
        if not trainer.is_global_zero:
            return
        kept = [row for row in read_metrics(self.path) if row["step"] <= trainer.global_step]
        write_atomically(self.path, "".join(json.dumps(row) + "\n" for row in kept))
        self._file = self.path.open("a", encoding="utf-8")

    def on_train_batch_end(
        self,
        trainer: pl.Trainer,
        pl_module: Any,
        outputs: Any,
        batch: Any,
        batch_idx: int,
    ) -> None:
        """Write the row of the step, if it has one."""
        if pl_module.row is None or self._file is None:
            return
        try:
            self._file.write(json.dumps(pl_module.row.as_dict()) + "\n")
            self._file.flush()
        except OSError as error:
            raise OSError(error.errno, error.strerror, str(self.path)) from error
        for logger in trainer.loggers:
            logger.log_metrics(pl_module.row.scalars(), step=pl_module.row.step)
            logger.save()

    def close(self) -> None:
        """Close the file."""
        if self._file is not None:
            with suppress(OSError):  # what could not be written was told
                self._file.close()
            self._file = None


def read_metrics(path: Path) -> list[dict[str, Any]]:
    """Return the rows of a metrics file; none if there is no file.

    A last line that was cut off, by a crash in the middle of writing it, is left out.
    """
    if not path.is_file():
        return []
    lines = path.read_text(encoding="utf-8").split("\n")
    return [json.loads(line) for line in lines[:-1] if line]
