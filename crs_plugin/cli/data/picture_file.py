"""The option ``--output`` of commands that write a picture."""

from pathlib import Path

from crs_plugin.errors import InputError

_SUFFIXES = (".png", ".jpg", ".jpeg")


def check_picture_file(file: Path) -> None:
    """Refuse a file that no picture can be written to, before anything is drawn.

    Raises:
        InputError: If it does not end like a picture, or its folder does not exist.
    """
    if file.suffix.lower() not in _SUFFIXES:
        raise InputError(f"{file}: a picture's name ends with .png or .jpg")
    if not file.parent.is_dir():
        raise InputError(f"{file}: there is no folder {file.parent}")
