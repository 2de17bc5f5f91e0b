"""Folders of images whose names are the labels."""

import os
from collections.abc import Iterator
from pathlib import Path

from crs_plugin.data.dataset import DataError
from crs_plugin.data.images import is_image_name
from crs_plugin.data.layouts.image_tree import entries_in, files_below, folders_in
from crs_plugin.data.layouts.label_names import PublishedLabels, split_name
from crs_plugin.data.layouts.records import Records
from crs_plugin.data.layouts.roots import what_is_at


def published_images(
    parent: Path, labels: PublishedLabels, records: Records
) -> Iterator[tuple[str, int]]:
    """Yield path and fine id of the images in the class folders of a published data set.

    Images beside the class folders, and other files in them, are counted as left out.

    Args:
        parent: The folder that holds the class folders, or that leads to it through one folder.
        labels: The set's labels; each folder has to be one of them.
        records: What the paths are relative to, and where others are counted.

    Raises:
        DataError: If there is no class folder, one that the set does not have, or an empty one.
    """
    parent = _with_classes(parent, labels)
    skip_strays(parent, records)
    classes = folders_in(parent)
    if not classes:
        raise DataError(
            f"data set {records.name}: there is no folder of a class in {parent}"
            f" ({what_is_at(parent)}); expected are {', '.join(labels.table)}"
        )
    for name in classes:
        fine = labels.fine_id(name, f"data set {records.name}, folder {parent / name}")
        images = images_in(parent / name, records)
        if not images:
            raise DataError(f"data set {records.name}: class folder {parent / name} has no image")
        if fine is None:
            records.skip(f"labelled {name}", len(images))
            continue
        for image in images:
            yield image, fine


def split_folders(folder: Path) -> list[tuple[str, Path]]:
    """Return split and path of the folders that are called like a split."""
    splits = ((split_name(name), folder / name) for name in folders_in(folder))
    return [(split, path) for split, path in splits if split]


def images_in(folder: Path, records: Records) -> list[str]:
    """Return the images in a folder, however deep, as paths relative to ``records.root``.

    They are sorted by name, a folder's among the files beside it. Other files are counted as left
    out, unless they are litter.
    """
    prefix = os.path.relpath(folder, records.root)
    images = []
    for path in sorted(files_below(folder), key=lambda path: path.split(os.sep)):
        if is_image_name(path):
            images.append(os.path.normpath(os.path.join(prefix, path)))
        else:
            suffix = Path(path).suffix.lower() or "no suffix"
            records.skip(f"not an image file ({suffix})")
    return images


def skip_strays(folder: Path, records: Records) -> None:
    """Count the images that lie beside the folders of the classes."""
    stray = sum(is_image_name(entry.name) and entry.is_file() for entry in entries_in(folder))
    if stray:
        records.skip("image outside the folders of the classes", stray)


def _with_classes(folder: Path, labels: PublishedLabels) -> Path:
    """Return the folder, or the one on the way down that first has a class's folder."""
    at, names = folder, folders_in(folder)
    while len(names) == 1 and names[0] not in labels:
        at /= names[0]
        names = folders_in(at)
    return at if any(name in labels for name in names) else folder
