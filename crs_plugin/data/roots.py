"""Where a data set lies on disk, and messages for when it does not."""

import os
from pathlib import Path

from crs_plugin.data.dataset import DataError

LITTER = frozenset({"__MACOSX", "Thumbs.db", "desktop.ini", "Desktop.ini"})
"""What systems leave in folders of images; names that start with a dot are litter as well."""

_ABOVE = os.pardir + os.sep
_MOST_SHOWN = 8


def data_root(root: Path | None, name: str, how_to_get: str = "") -> Path:
    """Return the folder of a data set.

    Args:
        root: The folder, if the user named one; else it is ``$CRS_DATA/<name>``.
        name: Name of the data set.
        how_to_get: A sentence for the message: where the set comes from, under which terms.

    Raises:
        DataError: If there is no such folder; the message says how to name it.
    """
    if root is not None:
        folder, remedy = Path(root).expanduser(), f"Set 'root' to the folder of {name}."
    elif os.environ.get("CRS_DATA"):
        folder = Path(os.environ["CRS_DATA"]).expanduser() / name
        remedy = f"Set 'root', or CRS_DATA to a folder that has a folder {name}."
    else:
        raise DataError(
            f"data set {name}: no folder is given. Set 'root', or the environment variable CRS_DATA"
            f" to a folder that has a folder {name}. {how_to_get}".rstrip()
        )
    if not folder.is_dir():
        raise DataError(
            f"data set {name}: there is no folder {folder} ({what_is_at(folder)})."
            f" {remedy} {how_to_get}".rstrip()
        )
    return folder


def first_that_exists(
    root: Path, choices: tuple[str, ...], name: str, how_to_get: str = ""
) -> Path:
    """Return the first of several files or folders, relative to ``root``, that exists.

    Raises:
        DataError: If none does; the message shows what is there instead.
    """
    for choice in choices:
        if (root / choice).exists():
            return root / choice
    raise DataError(
        f"data set {name}: {' or '.join(choices)} is missing in {root}"
        f" ({what_is_at(root / choices[0])}). {how_to_get}".rstrip()
    )


def inside(root: Path, path: str, where: str) -> str:
    """Return a path of a label file as a plain path relative to ``root``.

    Args:
        root: Folder that the path starts from and may not leave.
        path: The path as written; backslashes are taken for slashes.
        where: ``file:line``, for the message.

    Raises:
        DataError: If the path is empty or leads out of ``root``.
    """
    relative = os.path.normpath(path.replace("\\", "/"))
    if (relative[0] == os.sep or ":" in relative) and os.path.isabs(relative):  # seldom asked
        relative = os.path.relpath(relative, root)
    leaves = relative == os.pardir or relative.startswith(_ABOVE)
    if not path or relative == os.curdir or leaves:
        raise DataError(f"{where}: path {path!r} is not inside the data set's folder {root}")
    return relative


def what_is_at(path: Path) -> str:
    """Describe a folder, or the nearest one above that exists, by its first entries."""
    folder = path
    while not folder.is_dir() and folder != folder.parent:
        folder = folder.parent
    try:
        names = sorted(entry.name for entry in os.scandir(folder) if not is_litter(entry.name))
    except OSError as error:
        return f"{folder} cannot be listed: {error.strerror}"
    if not names:
        return f"{folder.absolute()} is empty"
    more = f", … ({len(names)} entries)" if len(names) > _MOST_SHOWN else ""
    return f"{folder.absolute()} has {', '.join(names[:_MOST_SHOWN])}{more}"


def is_litter(name: str) -> bool:
    """Return whether a file or folder is none of the user's."""
    return name.startswith(".") or name in LITTER
