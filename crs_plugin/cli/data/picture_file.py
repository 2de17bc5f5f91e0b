"""The option ``--output`` of commands that write a picture."""

from pathlib import Path

from crs_plugin.errors import InputError
from crs_plugin.output_place import check_output_file

_PIXELS = (".png", ".jpg", ".jpeg")
_VECTORS = (".svg",)


def check_picture_file(file: Path, *, vector: bool = False) -> None:
    """Refuse a file that no picture can be written to, before anything is drawn.

    Args:
        file: The file.
        vector: Whether it may be an SVG file as well.

    Raises:
        InputError: If it does not end like a picture, or its folder does not exist or may not be
            written to.
    """
    if file.suffix.lower() not in (_PIXELS + _VECTORS if vector else _PIXELS):
        ends = ".svg, .png or .jpg" if vector else ".png or .jpg"
        raise InputError(f"{file}: a picture's name ends with {ends}")
    check_output_file(file, "the picture")
