"""Where a data set lies on disk, and messages for when it does not."""

import os
from pathlib import Path

from crs_plugin.data.dataset import DataError
from crs_plugin.data.layouts.litter import is_litter
from crs_plugin.did_you_mean import did_you_mean

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
        folder, remedy = Path(os.path.expanduser(root)), f"Set 'root' to the folder of {name}."
    elif os.environ.get("CRS_DATA"):
        folder = Path(os.path.expanduser(os.environ["CRS_DATA"])) / name
        remedy = f"Set 'root', or CRS_DATA to a folder that has a folder {name}."
    else:
        raise DataError(
            f"data set {name}: no folder is given. Set 'root', or the environment variable CRS_DATA"
            f" to a folder that has a folder {name}. {how_to_get}".rstrip()
        )
    if not folder.is_dir():
        raise DataError(
            f"data set {name}: there is no folder {folder}{_meant(folder)}"
            f" ({what_is_at(folder)}). {remedy} {how_to_get}".rstrip()
        )
    return folder


def first_that_exists(
    root: Path, choices: tuple[str, ...], name: str, how_to_get: str = ""
) -> Path:
    """Return the first of several files or folders, relative to ``root``, that exists.

    Upper and lower case do not matter.

    Args:
        root: The folder.
        choices: Relative paths, the best first.
        name: Name of the data set, for the message.
        how_to_get: A sentence for the message: where the set comes from, under which terms.

    Raises:
        DataError: If none does; the message shows what is there instead.
    """
    for choice in choices:
        found = entry_in(root, choice)
        if found is not None:
            return found
    raise _missing(root, choices, name, how_to_get)


def set_folder(
    root: Path | None, name: str, markers: tuple[str, ...], how_to_get: str = ""
) -> Path:
    """Return the folder in which one of the files or folders lies that a data set is known by.

    It is the root, or else the one folder in the root that has such an entry. Where the root is
    such an entry itself, or a folder on the way to it (``train_set`` of ``train_set/images``), it
    is the folder above. Upper and lower case do not matter.

    Args:
        root: The folder that the user named, or None for ``$CRS_DATA/<name>``.
        name: Name of the data set.
        markers: Paths of files and folders, any of which will do.
        how_to_get: A sentence for the message: where the set comes from, under which terms.

    Raises:
        DataError: If none is there, or in several folders of the root; the message says what was
            looked for and what is there.
    """
    folder = data_root(root, name, how_to_get)
    whole = folder.absolute()
    named = tuple(m for m in markers if m.partition("/")[0].lower() == whole.name.lower())
    if _has_one(whole.parent, named):
        return whole.parent
    if _has_one(folder, markers):
        return folder
    inner = [folder / child for child in _folders(folder) if _has_one(folder / child, markers)]
    if len({path.resolve() for path in inner}) > 1:
        raise DataError(
            f"data set {name}: {', '.join(path.name for path in inner)} in {folder} all look like"
            " it; set 'root' to one of them"
        )
    if not inner:
        raise _missing(folder, markers, name, how_to_get)
    return inner[0]


def entry_in(folder: Path, path: str) -> Path | None:
    """Return the file or folder of a relative path, in whatever case it is written on disk.

    None if there is none, or if several differ in case only and none is spelt like the path.
    """
    if (folder / path).exists():
        return folder / path
    for part in Path(path).parts:
        alike = [name for name in _names(folder) if name.lower() == part.lower()]
        exact = [name for name in alike if name == part]
        if len(exact or alike) != 1:
            return None
        folder /= (exact or alike)[0]
    return folder


def unpacked(folder: Path) -> Path:
    """Return the folder inside, as long as a folder holds nothing but one folder.

    Archives are often unpacked into a folder of their own name that has that name once more.
    """
    while len(names := _names(folder)) == 1 and (folder / names[0]).is_dir():
        folder /= names[0]
    return folder


def inside(root: Path, path: str, where: str, remedy: str = "") -> str:
    """Return a path of a label file as a plain path relative to ``root``.

    Args:
        root: Folder that the path starts from and may not leave.
        path: The path as written; backslashes are taken for slashes.
        where: ``file:line``, for the message.
        remedy: What to do about a path that leads out, for the end of the message.

    Raises:
        DataError: If the path is empty or leads out of ``root``.
    """
    relative = os.path.normpath(path.replace("\\", "/"))
    if (relative[0] == os.sep or ":" in relative) and os.path.isabs(relative):  # seldom asked
        relative = os.path.relpath(relative, root)
    leaves = relative == os.pardir or relative.startswith(_ABOVE)
    if not path or relative == os.curdir or leaves:
        raise DataError(
            f"{where}: path {path!r} is not inside the data set's folder {root}{remedy}"
        )
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


def _meant(folder: Path) -> str:
    beside = [path.name for path in folder.parent.glob("*/") if not is_litter(path.name)]
    return did_you_mean(folder.name, beside)


def _missing(root: Path, choices: tuple[str, ...], name: str, how_to_get: str) -> DataError:
    return DataError(
        f"data set {name}: {' or '.join(choices)} is missing in {root}"
        f" ({what_is_at(root / choices[0])}). {how_to_get}".rstrip()
    )


def _has_one(folder: Path, markers: tuple[str, ...]) -> bool:
    return any(entry_in(folder, marker) is not None for marker in markers)


def _folders(folder: Path) -> list[str]:
    return [name for name in _names(folder) if (folder / name).is_dir()]


def _names(folder: Path) -> list[str]:
    """Return what is in a folder, in order and without litter; nothing if it cannot be listed."""
    try:
        return sorted(name for name in os.listdir(folder) if not is_litter(name))
    except OSError:
        return []
