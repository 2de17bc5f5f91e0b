"""Image files below folders that a person names."""

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from crs_plugin.data.dataset import DataError
from crs_plugin.data.images import IMAGE_SUFFIXES, is_image_name
from crs_plugin.data.layouts.litter import is_litter


def find_images(given: Sequence[str | Path]) -> list[str]:
    """Return the paths of image files, each once, in the order given.

    A file that is given by name is taken whatever it is called; in a folder, at any depth, those
    whose names end like an image's, sorted, without what operating systems leave behind.

    Args:
        given: Files and folders.

    Raises:
        DataError: If one is not there, or a folder has no image.
    """
    found: dict[str, None] = {}
    for path in map(str, given):
        if os.path.isfile(path):
            found[path] = None
            continue
        if not os.path.isdir(path):
            raise DataError(f"there is no file or folder {path}")
        inside = sorted(_images_in(path))
        if not inside:
            endings = ", ".join(sorted(IMAGE_SUFFIXES))
            raise DataError(f"folder {path} has no image file ({endings}), nor has one inside it")
        found |= dict.fromkeys(inside)
    return list(found)


def _images_in(folder: str) -> Iterator[str]:
    for parent, folders, files in os.walk(folder):
        folders[:] = [name for name in folders if not is_litter(name)]
        for name in files:
            if is_image_name(name) and not is_litter(name):
                yield os.path.join(parent, name)
