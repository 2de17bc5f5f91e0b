"""Checkpoints that are whole or not there, and hold nothing but tensors and plain types."""

import os
from pathlib import Path
from pickle import UnpicklingError
from typing import Any

import torch
from pytorch_lightning.plugins import CheckpointIO

from crs_plugin.errors import InputError
from crs_plugin.files import atomic_path
from crs_plugin.pretraining.checkpoint_files import PREVIOUS_CHECKPOINT


class AtomicCheckpointIO(CheckpointIO):
    """Writes beside the target, reads back what was written, and only then replaces the target.

    A run that is killed at any moment keeps the checkpoint before, and the last but one is kept
    beside it as ``previous.ckpt``. No file is renamed over another. Reading back (lazily: tensors
    are mapped, not read) makes sure that the file can be loaded without unpickling objects.
    """

    def save_checkpoint(
        self, checkpoint: dict[str, Any], path: str | Path, storage_options: Any = None
    ) -> None:
        """Save a checkpoint.

        Raises:
            TypeError: If it holds anything but tensors and plain types.
            OSError: If it cannot be written, as the disk is full.
        """
        target = Path(path)
        target.parent.mkdir(parents=True, exist_ok=True)
        with atomic_path(target) as temporary:
            _write(checkpoint, temporary)
            try:
                torch.load(temporary, map_location="cpu", mmap=True, weights_only=True)
            except UnpicklingError as error:
                raise TypeError(
                    "a checkpoint may hold tensors and plain types only; some state_dict returns"
                    f" something else: {error}"
                ) from error
            if target.is_file():
                previous = target.with_name(PREVIOUS_CHECKPOINT.name)
                previous.unlink(missing_ok=True)
                os.rename(target, previous)

    def load_checkpoint(
        self, path: str | Path, map_location: Any = "cpu", weights_only: bool | None = True
    ) -> dict[str, Any]:
        """Load a checkpoint; objects are never unpickled, whatever ``weights_only`` says.

        Raises:
            InputError: If there is none, or it is damaged.
        """
        if not Path(path).is_file():
            raise InputError(f"there is no checkpoint {path}")
        try:
            checkpoint: dict[str, Any] = torch.load(path, map_location="cpu", weights_only=True)
        except Exception as error:  # a damaged archive fails in ever new ways
            reason = str(error).partition("\n")[0]
            raise InputError(f"checkpoint {path} cannot be read: {reason}") from error
        return checkpoint

    def remove_checkpoint(self, path: str | Path) -> None:
        """Delete a checkpoint, if it is there."""
        Path(path).unlink(missing_ok=True)


def _write(checkpoint: dict[str, Any], path: Path) -> None:
    try:
        with path.open("wb") as file:
            torch.save(checkpoint, file)
    except RuntimeError as error:
        cause = error.__context__
        if isinstance(cause, OSError):  # of which torch's own error says nothing
            raise cause from None
        raise
