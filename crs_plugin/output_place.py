"""Whether a command's output can be written where the user wants it, asked before the work."""

import os
from pathlib import Path

from crs_plugin.errors import InputError


def check_output_file(file: Path, what: str) -> None:
    """Refuse a file that cannot be written, as far as permissions tell.

    Args:
        file: The file; whether it exists does not matter, as it is replaced as a whole.
        what: What is to be written, for the message (``the picture``).

    Raises:
        InputError: If its folder does not exist or may not be written to.
    """
    if not file.parent.is_dir():
        raise InputError(f"{file}: there is no folder {file.parent}")
    _check_writable(file.parent, file, what, "file")


def check_output_folder(folder: Path, what: str) -> None:
    """Refuse a folder that cannot be made or written to, as far as permissions tell.

    Args:
        folder: The folder; it and those above it need not exist.
        what: What is to be written, for the message (``the run``).

    Raises:
        InputError: If it, or the nearest one above that exists, may not be written to.
    """
    nearest = next(path for path in (folder, *folder.parents) if path.exists())
    _check_writable(nearest, folder, what, "folder")


def _check_writable(folder: Path, output: Path, what: str, kind: str) -> None:
    if not os.access(folder, os.W_OK | os.X_OK):
        raise InputError(
            f"{what} cannot be written to {output}: {folder} may not be written to; name another"
            f" {kind} with --output"
        )
