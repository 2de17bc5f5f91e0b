"""Looking through a folder of images as people have it: in order, past litter, not in circles."""

import os
import re
from collections.abc import Iterator
from pathlib import Path

from crs_plugin.data.about import About
from crs_plugin.data.dataset import DataError
from crs_plugin.data.layouts.litter import is_litter
from crs_plugin.data.layouts.roots import what_is_at


def entries_in(folder: Path) -> list["os.DirEntry[str]"]:
    """Return what is in a folder, sorted by name and without litter.

    Raises:
        DataError: If it cannot be listed.
    """
    try:
        with os.scandir(folder) as entries:
            kept = [entry for entry in entries if not is_litter(entry.name)]
    except OSError as error:
        raise DataError(f"folder {folder} cannot be listed: {error.strerror}") from error
    return sorted(kept, key=lambda entry: entry.name)


def folders_in(folder: Path) -> list[str]:
    """Return the names of the folders in a folder, sorted."""
    return [entry.name for entry in entries_in(folder) if entry.is_dir()]


def files_in(folder: Path) -> list[str]:
    """Return the names of the files in a folder, sorted."""
    return [entry.name for entry in entries_in(folder) if not entry.is_dir()]


def files_below(root: Path) -> Iterator[str]:
    """Yield the paths, relative to ``root``, of all files below, through links."""
    for folder in _walk(root):
        for name in files_in(root / folder):
            yield os.path.join(folder, name)


def folders_with(root: Path, wanted: re.Pattern[str], levels: int) -> list[str]:
    """Return the folders that hold a folder of a wanted name, relative to ``root``, in order.

    Args:
        root: Where to begin; it may be such a folder itself, and is then ``""``.
        wanted: Matches the whole of a wanted name. What is below such a folder is not looked at.
        levels: How many levels below ``root`` the folders may lie.
    """
    found = []
    for folder in _walk(root, wanted, levels):
        if any(wanted.fullmatch(name) for name in folders_in(root / folder)):
            found.append(folder)
    return found


def not_recognised(name: str, root: Path, about: About, more: str = "") -> DataError:
    """Return the error of a folder that has none of a data set's layouts.

    Args:
        name: Name of the data set.
        root: The folder.
        about: Says what was looked for, and how to get it.
        more: What else is to be said, a clause.
    """
    looked_for = "; or ".join(about.layout)
    return DataError(
        f"data set {name}: this is not found in {root}: {looked_for}"
        f" ({what_is_at(root)}{f'; {more}' if more else ''}). {about.how_to_get}"
    )


def _walk(root: Path, closed: re.Pattern[str] | None = None, levels: int = -1) -> Iterator[str]:
    """Yield ``root``, as an empty path, and the folders below, each before those inside it.

    Folders whose name ``closed`` matches are not entered.
    """
    yield from _walk_below(root, "", closed, levels, frozenset())


def _walk_below(
    root: Path, folder: str, closed: re.Pattern[str] | None, levels: int, above: frozenset[str]
) -> Iterator[str]:
    real = os.path.realpath(root / folder)
    if real in above:  # a link that leads back
        return
    yield folder
    if levels == 0:
        return
    for name in folders_in(root / folder):
        if closed is None or not closed.fullmatch(name):
            inner = os.path.join(folder, name)
            yield from _walk_below(root, inner, closed, levels - 1, above | {real})
