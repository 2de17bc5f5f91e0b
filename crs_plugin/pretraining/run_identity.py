"""What tells a run from others: only the same run may go on from a checkpoint."""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import torch


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

    def as_dict(self) -> dict[str, int | str]:
        """Return the identity as a checkpoint keeps it."""
        return {
            **self.settings,
            "pixels": self.pixels,
            "precision": self.precision,
            "processes": self.processes,
        }

    def changed_settings(self, saved: Mapping[str, Any]) -> list[str]:
        """Return the settings by which a saved run is another one, each with both values."""
        return [
            f"{name} was {saved.get(name)}, is {value}"
            for name, value in self.settings.items()
            if saved.get(name) != value
        ]

    def tell_changes(self, saved: Mapping[str, Any], announce: Callable[[str], None]) -> None:
        """Warn of what makes the run go on otherwise than the saved one would have."""
        if saved.get("pixels") != self.pixels:
            announce(
                "the training images are not to the bit those that the run began with (files have"
                " changed, or another machine decodes them differently): it goes on, but is not the"
                " exact continuation"
            )
        began_in = saved.get("precision", self.precision)
        if began_in != self.precision:
            announce(
                f"the run began in {began_in} and is computed in {self.precision} here: it goes on,"
                " but is not the exact continuation (training.precision says which)"
            )
        began_with = saved.get("processes", 1)
        if began_with != self.processes:
            announce(
                f"the run was saved by {_counted(began_with)} and goes on with"
                f" {_counted(self.processes)}: with the same images in the same order, but other"
                " draws of the augmentation"
            )


def digest(*tensors: torch.Tensor) -> str:
    """Return a short digest of the contents of CPU tensors."""
    hasher = hashlib.sha256()
    for tensor in tensors:
        hasher.update(tensor.contiguous().numpy().data)
    return hasher.hexdigest()[:16]


def _counted(processes: int) -> str:
    return f"{processes} process{'es' * (processes > 1)}"
