"""When a run is saved."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytorch_lightning as pl
from pytorch_lightning.callbacks import Checkpoint

from crs_plugin.errors import InputError
from crs_plugin.pretraining.run_identity import RunIdentity


class Checkpointing(Checkpoint):
    """Saves a run every so many steps, at its last step, and when it is asked to stop.

    Always between two steps, when parameters, schedule and metrics belong together. As Lightning's
    ``Checkpoint`` it comes after all other callbacks, whose state it saves.

    Args:
        path: The one file that is written.
        every: Steps between two checkpoints.
        identity: Tells the run from others.
        announce: Called with a warning.
    """

    def __init__(
        self, path: Path, every: int, identity: RunIdentity, announce: Callable[[str], None]
    ) -> None:
        self.path = path
        self.every = every
        self.identity = identity
        self._announce = announce

    def state_dict(self) -> dict[str, Any]:
        """Return the identity of the run."""
        return dict(self.identity.as_dict())

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Make sure that it is the same run.

        Raises:
            InputError: If it is another.
        """
        changed = self.identity.changed_settings(state_dict)
        if changed:
            raise InputError(
                f"{self.path} cannot be resumed: it belongs to a run with other settings or data"
                f" ({'; '.join(changed)}); change them back, or begin a new run"
            )
        self.identity.tell_changes(state_dict, self._announce)

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
