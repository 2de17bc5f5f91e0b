"""Any images of faces in one folder per expression."""

import os
from collections.abc import Iterator, Mapping
from pathlib import Path

from crs_plugin.data.dataset import DataError, FaceDataset
from crs_plugin.data.images import IMAGE_SUFFIXES
from crs_plugin.data.label_names import LabelNames, split_name
from crs_plugin.data.records import Records
from crs_plugin.data.roots import data_root, is_litter, what_is_at
from crs_plugin.registry import register

HOW_TO_GET = "These are your own images: a folder per expression, such as anger/ and happiness/."


@register("dataset", "image_folder")
def image_folder(
    *, root: Path | None = None, classes: Mapping[str | int, str | None] | None = None
) -> FaceDataset:
    """Your own images in one folder per expression, with or without train and test above.

    Images may lie deeper inside a class's folder. What operating systems leave behind
    (``.DS_Store``, ``Thumbs.db`` …) is ignored, other files that are no images are counted.

    Args:
        root: The folder. It holds either a folder per expression, or folders per split
            (``train``, ``val``, ``validation``, ``test`` …, in any case) that hold those. Default
            ``$CRS_DATA/image_folder``.
        classes: Name of a folder → expression that it stands for, or null to leave it out.
            Folders that are called like an expression, or an alias of one, need no entry.

    Raises:
        DataError: If a folder is missing, empty, or called like no expression.
    """
    folder = data_root(root, "image_folder", HOW_TO_GET)
    names = LabelNames(classes, "classes")
    records = Records(folder.resolve().name, folder)
    classes_found = [
        (split, parent / name)
        for split, parent in _split_folders(folder, records)
        for name in _folders(parent)
    ]
    for split, class_folder in classes_found:
        _add_class(class_folder, split, names, records)
    if not classes_found:
        raise DataError(
            f"data set image_folder: there is no folder of a class in {folder}"
            f" ({what_is_at(folder)}). {HOW_TO_GET}"
        )
    names.check(str(folder))
    return records.dataset()


def _split_folders(folder: Path, records: Records) -> list[tuple[str, Path]]:
    """Return the folders that hold the classes' folders, with the split of each."""
    splits = {name: split_name(name) for name in _folders(folder)}
    named = [name for name, split in splits.items() if split]
    others = [name for name, split in splits.items() if not split]
    if named and others:
        raise DataError(
            f"data set image_folder: {folder} has folders of splits ({', '.join(named)}) beside"
            f" others ({', '.join(others)}); move the others out, or into a split's folder"
        )
    found = [(split, folder / name) for name, split in splits.items() if split]
    found = found or [("all", folder)]
    for parent in {folder, *(path for _, path in found)}:
        stray = sum(_is_image(entry.name) and entry.is_file() for entry in _entries(parent))
        if stray:
            records.skip("image outside the folders of the classes", stray)
    return found


def _add_class(folder: Path, split: str, names: LabelNames, records: Records) -> None:
    fine = names.fine_id(folder.name, f"folder {folder}")
    images = []
    for path in _files(folder):
        if _is_image(path):
            images.append(os.path.relpath(path, records.root))
        else:
            suffix = Path(path).suffix.lower() or "no suffix"
            records.skip(f"not an image file ({suffix})")
    if fine is None:
        records.skip(f"folder {folder.name} left out by 'classes'", len(images))
        return
    if not images:
        raise DataError(
            f"data set image_folder: class folder {folder} has no image; remove it, or leave it out"
            f" with the option 'classes: {{{folder.name}: null}}'"
        )
    for image in images:
        records.add(image, fine, split)


def _files(folder: Path, above: frozenset[str] = frozenset()) -> Iterator[str]:
    """Yield all files inside, in order, through links but not in circles."""
    real = os.path.realpath(folder)
    if real in above:
        return
    for entry in _entries(folder):
        if entry.is_dir():
            yield from _files(Path(entry.path), above | {real})
        else:
            yield entry.path


def _folders(folder: Path) -> list[str]:
    return [entry.name for entry in _entries(folder) if entry.is_dir()]


def _entries(folder: Path) -> list["os.DirEntry[str]"]:
    try:
        with os.scandir(folder) as entries:
            kept = [entry for entry in entries if not is_litter(entry.name)]
    except OSError as error:
        raise DataError(f"folder {folder} cannot be listed: {error.strerror}") from error
    return sorted(kept, key=lambda entry: entry.name)


def _is_image(path: str) -> bool:
    return os.path.splitext(path)[1].lower() in IMAGE_SUFFIXES
