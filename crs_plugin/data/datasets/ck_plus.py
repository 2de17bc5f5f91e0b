"""CK+: sequences from a neutral face to one of seven expressions; or its last frames in folders."""

import os
import re
from collections import defaultdict
from pathlib import Path

from crs_plugin.data.about import About
from crs_plugin.data.dataset import DataError, FaceDataset
from crs_plugin.data.images import is_image_name
from crs_plugin.data.layouts.frame_sequences import add_sequence, frame_number, frames_in
from crs_plugin.data.layouts.image_tree import files_in, folders_in, folders_with, not_recognised
from crs_plugin.data.layouts.records import Records
from crs_plugin.data.layouts.roots import data_root
from crs_plugin.expressions import (
    ALIASES,
    EXPRESSIONS,
    UnknownExpressionError,
    canonical_expression,
    fine_id,
)
from crs_plugin.registry import PositiveInt, register

LABELS = {
    "0": "neutral",
    "1": "anger",
    "2": "contempt",
    "3": "disgust",
    "4": "fear",
    "5": "happiness",
    "6": "sadness",
    "7": "surprise",
}
"""Number in the label files → expression."""

ABOUT = About(
    title="CK+",
    setting="lab",
    images=(
        "327 labelled sequences of 118 persons, of each the first frame and the last 3; or 981 in"
        " folders, none of them neutral"
    ),
    labels=dict(LABELS),
    layout=(
        "cohn-kanade-images/S010/002/S010_002_00000001.png and so on, with"
        " Emotion/S010/002/S010_002_00000014_emotion.txt and so on",
        "CK+48: a folder per expression with S010_004_00000017.png and so on",
    ),
    how_to_get=(
        "CK+ (Extended Cohn-Kanade; extended-cohn-kanade-images.zip and Emotion_labels.zip) is"
        " given to researchers, who sign an agreement for non-commercial research:"
        " http://www.jeffcohn.net/Resources/"
    ),
)

_SUBJECT = re.compile(r"S\d{3}", re.IGNORECASE)
_SEQUENCE = re.compile(r"\d{3}")
_IMAGE = re.compile(r"(S\d{3})_(\d{3})_(\d+)", re.IGNORECASE)
_SUBJECT_OR_CLASS = re.compile("|".join((_SUBJECT.pattern, *EXPRESSIONS, *ALIASES)), re.IGNORECASE)
_LEVELS = 3  # one more than the archives have above the persons
_IMAGES = "cohn-kanade-images"
_ARCHIVE = f"extended-{_IMAGES}"
_FRAMES_IN_FOLDERS = 3
_LABEL_SUFFIX = "_emotion"


@register("dataset", "ck_plus")
def ck_plus(*, root: Path | None = None, last_frames: PositiveInt = 3) -> FaceDataset:
    """CK+: posed sequences of 118 persons that end in one of seven expressions.

    The first frame of a labelled sequence is neutral, the last ones carry its label; sequences
    without a label file are counted. The folder version CK+48 has the last three frames in 48×48
    px, and no neutral faces. The set has no splits.

    Args:
        root: Folder with ``cohn-kanade-images`` and ``Emotion``, each perhaps in the folder of its
            archive (``extended-cohn-kanade-images``, ``Emotion_labels``); or with folders called
            like expressions, or ``CK+48`` that has those. Default ``$CRS_DATA/ck_plus``.
        last_frames: How many frames at the end of a sequence carry its label; three at most in the
            folder version.

    Raises:
        DataError: If neither layout is found, or both are, or a label is wrong.
    """
    folder = _around_the_images(data_root(root, "ck_plus", ABOUT.how_to_get))
    records = Records("ck_plus", folder)
    places = folders_with(folder, _SUBJECT_OR_CLASS, _LEVELS)
    persons = [place for place in places if _persons(folder / place)]
    classes = [place for place in places if place not in persons]
    if persons and classes:
        raise DataError(
            f"data set ck_plus: {folder} has both sequences ({persons[0] or '.'}) and folders of"
            f" expressions ({classes[0] or '.'}); set 'root' to one of them"
        )
    if persons:
        _add_sequences(records, persons, last_frames)
    elif classes:
        _add_classes(records, _only(classes, "folders of expressions", folder), last_frames)
    else:
        raise not_recognised("ck_plus", folder, ABOUT)
    return records.dataset()


def _around_the_images(folder: Path) -> Path:
    """Return the folder around, if it is the images' own one: the labels lie beside it."""
    whole = folder.absolute()
    has_labels = any(name.lower().startswith("emotion") for name in folders_in(folder))
    if whole.name.lower() in (_IMAGES, _ARCHIVE) and not has_labels:
        return _around_the_images(whole.parent)
    return folder


def _persons(folder: Path) -> list[str]:
    return [name for name in folders_in(folder) if _SUBJECT.fullmatch(name)]


def _only(found: list[str], what: str, root: Path) -> str:
    if len(found) > 1:
        raise DataError(
            f"data set ck_plus: {root} has {what} in more than one place:"
            f" {', '.join(place or '.' for place in found)}; set 'root' to one of them"
        )
    return found[0]


def _add_sequences(records: Records, places: list[str], last: int) -> None:
    images, labels = _told_apart(records.root, places)
    label_files = _label_files(records.root, labels)
    for subject in _persons(records.root / images):
        for number in folders_in(records.root / images / subject):
            if not _SEQUENCE.fullmatch(number):
                records.skip("folder whose name is not the number of a sequence")
                continue
            file = label_files.pop((subject.upper(), number), None)
            if file is None:
                records.skip("sequence without a label file")
                continue
            folder = os.path.join(images, subject, number)
            _add_sequence(records, folder, file, subject.upper(), last)
    if label_files:
        records.skip("label file without a sequence", len(label_files))


def _told_apart(root: Path, places: list[str]) -> tuple[str, str]:
    """Return the folder of the images' persons and that of the labels' persons."""
    kinds: dict[str, list[str]] = defaultdict(list)
    for place in places:
        kinds[_kind(place)].append(place)
    # There may be faces that somebody cut out beside the set's own images.
    own = [place for place in kinds["images"] if Path(place).name.lower() in (_IMAGES, _ARCHIVE)]
    images = own or kinds["images"]
    for found, what in ((images, f"folder {_IMAGES}"), (kinds["emotion"], "folder Emotion")):
        if not found:
            there = f"persons are in {', '.join(place or '.' for place in places)}"
            raise not_recognised("ck_plus", root, ABOUT, f"there is no {what}; {there}")
    return _only(images, "images", root), _only(kinds["emotion"], "labels", root)


def _kind(place: str) -> str:
    # FACS codes and landmarks have the same tree as the images and the labels.
    found = re.search(r"(?:^|[/\\])(emotion|facs|landmarks)", place.lower())
    return found[1] if found else "images"


def _label_files(root: Path, labels: str) -> dict[tuple[str, str], Path]:
    """Return (subject, number of the sequence) → file of the label."""
    files: dict[tuple[str, str], Path] = {}
    for subject in _persons(root / labels):
        for number in folders_in(root / labels / subject):
            folder = root / labels / subject / number
            names = [name for name in files_in(folder) if name.lower().endswith(".txt")]
            if len(names) > 1:
                raise DataError(
                    f"data set ck_plus: {folder} has more than one label: {', '.join(names)}"
                )
            if names:
                files[subject.upper(), number] = folder / names[0]
    return files


def _add_sequence(records: Records, folder: str, file: Path, subject: str, last: int) -> None:
    fine = _read_label(file)
    frames = frames_in(records.root / folder, records)
    # The label's name is that of the last frame, whether or not that is on disk.
    peak = file.stem.removesuffix(_LABEL_SUFFIX)
    number = frame_number(peak)
    if frames and number is not None and number > max(frames):
        frames[number] = peak + os.path.splitext(next(iter(frames.values())))[1]
    add_sequence(records, folder, frames, fine, subject, last)


def _read_label(file: Path) -> int:
    try:
        text = file.read_bytes().decode("utf-8-sig").strip()
    except OSError as error:
        raise DataError(f"{file}: cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise DataError(f"{file}: is not UTF-8 text ({error})") from error
    try:
        label = f"{float(text):g}"
    except ValueError:
        label = text
    if label not in LABELS:
        known = ", ".join(f"{number} {name}" for number, name in LABELS.items())
        raise DataError(f"{file}:1: unknown label {text!r}; known are {known}")
    return fine_id(LABELS[label])


def _add_classes(records: Records, place: str, last: int) -> None:
    if last > _FRAMES_IN_FOLDERS:
        raise DataError(
            f"data set ck_plus: {records.root / place} has the last {_FRAMES_IN_FOLDERS} frames of"
            f" each sequence, but the option 'last_frames' asks for {last}"
        )
    for name in folders_in(records.root / place):
        folder = os.path.join(place, name)
        try:
            fine = fine_id(canonical_expression(name))
        except UnknownExpressionError as error:
            raise DataError(f"data set ck_plus: folder {records.root / folder}: {error}") from None
        _add_class(records, folder, fine, last)


def _add_class(records: Records, folder: str, fine: int, last: int) -> None:
    sequences: dict[tuple[str, str], list[tuple[int, str]]] = defaultdict(list)
    for name in files_in(records.root / folder):
        match = _IMAGE.fullmatch(os.path.splitext(name)[0])
        if not is_image_name(name) or match is None:
            records.skip("file whose name is not like S010_004_00000017.png")
        else:
            subject, sequence, frame = match.groups()
            sequences[subject.upper(), sequence].append((int(frame), name))
    for (subject, _), images in sequences.items():
        images.sort()
        for _, name in images[-last:]:
            records.add(os.path.join(folder, name), fine, "all", subject)
        if images[:-last]:
            records.skip(f"frame before the last {last} of its sequence", len(images[:-last]))
