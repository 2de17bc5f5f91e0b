"""When a run is saved."""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytorch_lightning as pl
import torch
from pytorch_lightning.callbacks import Checkpoint

from crs_plugin.errors import InputError


@dataclass(frozen=True)
class RunIdentity:
    """What a run must have in common with the one whose checkpoint it continues.

    Attributes:
        settings: Schedules and the order of the images depend on them: the run is another one if
            one of them differs.
        pixels: Digest of the images. Another machine may decode them a little differently, so the
            run goes on if only they differ, with a warning.
        precision: What the network is computed in. It may depend on the machine as well.
        processes: How many processes share a batch: what they draw depends on it, the images of a
            batch do not.
    """

    settings: Mapping[str, int | str]
    pixels: str
    precision: str
    processes: int = 1


def digest(*tensors: torch.Tensor) -> str:
    """Return a short digest of the contents of CPU tensors."""
    hasher = hashlib.sha256()
    for tensor in tensors:
        hasher.update(tensor.contiguous().numpy().data)
    return hasher.hexdigest()[:16]


def _counted(processes: int) -> str:
    return f"{processes} process{'es' * (processes > 1)}"


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
        identity = self.identity
        return {
            **identity.settings,
            "pixels": identity.pixels,
            "precision": identity.precision,
            "processes": identity.processes,
        }

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Make sure that it is the same run.

        Raises:
            InputError: If it is another.
        """
        differ = [
            f"{name} was {state_dict.get(name)}, is {value}"
            for name, value in self.identity.settings.items()
            if state_dict.get(name) != value
        ]
        if differ:
            raise InputError(
                f"{self.path} cannot be resumed: it belongs to a run with other settings or data"
                f" ({'; '.join(differ)}); change them back, or begin a new run"
            )
        if state_dict.get("pixels") != self.identity.pixels:
            self._announce(
                "the training images are not to the bit those that the run began with (files have"
                " changed, or another machine decodes them differently): it goes on, but is not the"
                " exact continuation"
            )
        began_in = state_dict.get("precision", self.identity.precision)
        if began_in != self.identity.precision:
            self._announce(
                f"the run began in {began_in} and is computed in {self.identity.precision} here: it"
                " goes on, but is not the exact continuation (training.precision says which)"
            )
        began_with = state_dict.get("processes", 1)
        if began_with != self.identity.processes:
            self._announce(
                f"the run was saved by {_counted(began_with)} and goes on with"
                f" {_counted(self.identity.processes)}: with the same images in the same order, but"
                " other draws of the augmentation"
            )

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
