"""When a run is saved."""

from pathlib import Path
from typing import Any

import pytorch_lightning as pl
from pytorch_lightning.callbacks import Checkpoint


class Checkpointing(Checkpoint):
    """Saves a run every so many steps, at its last step, and when it is asked to stop.

    Always between two steps, when parameters, schedule and metrics belong together. As Lightning's
    ``Checkpoint`` it comes after all other callbacks, whose state it saves.

    Args:
        path: The one file that is written.
        every: Steps between two checkpoints.
    """

    def __init__(self, path: Path, every: int) -> None:
        self.path = path
        self.every = every

    def on_train_batch_end(
        self,
        trainer: pl.Trainer,
        pl_module: pl.LightningModule,
        outputs: Any,
        batch: Any,
        batch_idx: int,
    ) -> None:
        """Save, if it is time."""
        step = trainer.global_step
        is_last = step == trainer.estimated_stepping_batches
        if step % self.every == 0 or is_last or trainer.should_stop:
            trainer.save_checkpoint(self.path)
