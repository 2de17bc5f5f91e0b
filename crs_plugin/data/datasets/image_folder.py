"""Any images of faces in one folder per expression."""

from collections.abc import Mapping
from pathlib import Path

from crs_plugin.data.about import About
from crs_plugin.data.dataset import DataError, FaceDataset
from crs_plugin.data.layouts.class_folders import images_in, skip_strays
from crs_plugin.data.layouts.image_tree import folders_in
from crs_plugin.data.layouts.label_names import LabelNames, split_name
from crs_plugin.data.layouts.records import Records
from crs_plugin.data.layouts.roots import data_root, what_is_at
from crs_plugin.registry import register

ABOUT = About(
    title="Image folder",
    setting="your own",
    images="as many as there are",
    labels={},
    layout=(
        "a folder per expression, such as anger/ and happiness/",
        "train/, val/, test/ with those",
    ),
    how_to_get=(
        "These are your own images: a folder per expression, such as anger/ and happiness/."
    ),
)


@register("dataset", "image_folder")
def image_folder(
    *, root: Path | None = None, classes: Mapping[str | int, str | None] | None = None
) -> FaceDataset:
    """Your own images in one folder per expression, with or without train and test above.

    Images may lie deeper inside a class's folder. What operating systems leave behind
    (``.DS_Store``, ``Thumbs.db`` …) is ignored, other files that are no images are counted.

    Args:
        root: The folder. It holds either a folder per expression, or folders per split
            (``train``, ``val``, ``validation``, ``test`` …, in any case) that hold those. It may
            hold a single folder that does. Default ``$CRS_DATA/image_folder``.
        classes: Name of a folder → expression that it stands for, or null to leave it out.
            Folders that are called like an expression, or an alias of one, need no entry.

    Raises:
        DataError: If a folder is missing, empty, or called like no expression.
    """
    folder = data_root(root, "image_folder", ABOUT.how_to_get)
    names = LabelNames(classes, "classes")
    records = Records(folder.resolve().name or "image_folder", folder)
    classes_found = [
        (split, parent / name)
        for split, parent in _split_folders(_unpacked(folder, names), records)
        for name in folders_in(parent)
    ]
    for split, class_folder in classes_found:
        _add_class(class_folder, split, names, records)
    if not classes_found:
        raise DataError(
            f"data set image_folder: there is no folder of a class in {folder}"
            f" ({what_is_at(folder)}). {ABOUT.how_to_get}"
        )
    names.check(str(folder))
    return records.dataset(names.meanings)


def _unpacked(folder: Path, names: LabelNames) -> Path:
    """Return the folder, or the first with a class or split, where each above has one folder."""
    inner = folder
    while found := folders_in(inner):
        if any(split_name(name) or name in names for name in found):
            return inner
        if len(found) > 1:
            break
        inner /= found[0]
    return folder


def _split_folders(folder: Path, records: Records) -> list[tuple[str, Path]]:
    """Return the folders that hold the classes' folders, with the split of each."""
    splits = {name: split_name(name) for name in folders_in(folder)}
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
        skip_strays(parent, records)
    return found


def _add_class(folder: Path, split: str, names: LabelNames, records: Records) -> None:
    fine = names.fine_id(folder.name, f"folder {folder}")
    images = images_in(folder, records)
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
