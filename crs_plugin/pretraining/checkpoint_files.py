"""The checkpoints of a run: where they are, and which of them is whole."""

import zipfile
from collections.abc import Callable
from pathlib import Path

from crs_plugin.errors import InputError

LAST_CHECKPOINT = Path("checkpoints", "last.ckpt")
"""Where a run keeps its newest checkpoint, below its folder."""
PREVIOUS_CHECKPOINT = Path("checkpoints", "previous.ckpt")
"""Where it keeps the one before, should the newest be damaged."""


def usable_checkpoint(folder: Path, announce: Callable[[str], None]) -> Path | None:
    """Return the newest checkpoint of a run that is whole.

    Args:
        folder: The run's folder.
        announce: Hears it if that is not the last one that was written.

    Returns:
        Its path; None if there is no checkpoint at all.

    Raises:
        InputError: If there are checkpoints, but all are damaged.
    """
    wrong: list[str] = []
    for path in (folder / LAST_CHECKPOINT, folder / PREVIOUS_CHECKPOINT):
        found = damage(path) if path.is_file() else "is missing"
        if found is None:
            if wrong:
                announce(f"{wrong[0]}: going on from the one before, {path.name}")
            return path
        wrong.append(f"{path} {found}")
    if not any((folder / name).is_file() for name in (LAST_CHECKPOINT, PREVIOUS_CHECKPOINT)):
        return None
    raise InputError(f"the run cannot be resumed: {'; '.join(wrong)}; start it anew (--overwrite)")


def damage(path: Path) -> str | None:
    """Return what is wrong with the file of a checkpoint, None if it is what was written.

    A checkpoint is a zip archive with a checksum (CRC-32) of each of its parts, of which loading
    takes no notice; their names have none.
    """
    import torch

    try:
        with zipfile.ZipFile(path) as archive:
            part = archive.testzip()
        torch.load(path, map_location="cpu", mmap=True, weights_only=True)
    except Exception:  # a damaged archive fails in ever new ways
        return "is damaged"
    return None if part is None else f"is damaged (the checksum of {part} in it is wrong)"
