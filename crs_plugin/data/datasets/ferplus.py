"""FERPlus: FER2013's faces with the votes of ten people each."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import numpy as np

from crs_plugin.data.dataset import SPLITS, DataError, FaceDataset
from crs_plugin.data.images import ArrayImages
from crs_plugin.data.label_names import split_name
from crs_plugin.data.label_tables import Row, read_rows
from crs_plugin.data.records import Records
from crs_plugin.data.roots import data_root, first_that_exists, inside
from crs_plugin.expressions import EXPRESSIONS, fine_id
from crs_plugin.registry import register

HOW_TO_GET = (
    "FERPlus is the labels fer2013new.csv of https://github.com/microsoft/FERPlus (MIT licence),"
    " beside FER2013's images: the PNG folders FER2013Train, FER2013Valid and FER2013Test that its"
    " script makes, or fer2013.csv of Kaggle's 'Challenges in Representation Learning: Facial"
    " Expression Recognition' (for research)."
)

VOTES = (*EXPRESSIONS, "unknown", "NF")
"""The columns of votes. ``NF`` stands for no face."""

_FOLDERS = {"train": "FER2013Train", "valid": "FER2013Valid", "test": "FER2013Test"}
_SIDE = 48

Rule = Literal["majority", "plurality"]


@register("dataset", "ferplus")
def ferplus(
    *, root: Path | None = None, rule: Rule = "majority", valid_as_test: bool = False
) -> FaceDataset:
    """FERPlus: 48×48 grey faces from the web, eight expressions by vote.

    A label file's row that names an image for the second time is kept, as in the published counts,
    if its label is the same.

    Args:
        root: Folder with ``fer2013new.csv`` and either the PNG folders ``FER2013Train``,
            ``FER2013Valid``, ``FER2013Test`` or, row by row the same images, ``fer2013.csv`` (or
            ``icml_face_data.csv``). Default ``$CRS_DATA/ferplus``.
        rule: How votes make a label. ``majority``: single votes are dropped, and an expression
            needs more than half of what is left. ``plurality``: the most votes, of equals the first
            in the file's order. Images voted unknown or without a face are left out either way.
        valid_as_test: Call the split FER2013Valid ``test``, where the real test third is not at
            hand. Validation images are then to be split off the training images.

    Raises:
        DataError: If files are missing, damaged, or do not belong together.
    """
    folder = data_root(root, "ferplus", HOW_TO_GET)
    labels = first_that_exists(folder, ("fer2013new.csv",), "ferplus", HOW_TO_GET)
    votes = _read_votes(labels, rule)
    if any((folder / name).is_dir() for name in _FOLDERS.values()):
        dataset = _from_files(folder, votes)
    else:
        pixels = first_that_exists(
            folder,
            ("fer2013.csv", "icml_face_data.csv", _FOLDERS["train"]),
            "ferplus",
            HOW_TO_GET,
        )
        dataset = _from_pixels(pixels, votes, labels)
    return _valid_called_test(dataset) if valid_as_test else dataset


@dataclass(frozen=True)
class _Voted:
    """One row: its label as fine id, or why it has none."""

    where: str
    split: str
    image: str
    fine: int | None
    reason: str


def _read_votes(file: Path, rule: Rule) -> Iterator[_Voted]:
    for row in read_rows(file, ("Usage", "Image name", *VOTES)):
        usage, image, *cells = row.cells
        split = split_name(usage)
        if split is None or split not in _FOLDERS:
            raise DataError(
                f"{row.where}: unknown usage {usage!r}; known are Training, PublicTest, PrivateTest"
            )
        winner, reason = _winner(_as_numbers(cells, row), rule)
        fine = fine_id(winner) if winner in EXPRESSIONS else None
        yield _Voted(row.where, split, image, fine, reason)


def _as_numbers(cells: Sequence[str], row: Row) -> list[int]:
    try:
        return [int(cell) for cell in cells]
    except ValueError:
        raise DataError(f"{row.where}: votes must be whole numbers, not {cells}") from None


def _winner(votes: list[int], rule: Rule) -> tuple[str, str]:
    """Return the column that wins, or an empty name and the reason why none does."""
    if rule == "majority":
        votes = [0 if n <= 1 else n for n in votes]
    most = max(votes)
    if most == 0 or (rule == "majority" and 2 * most <= sum(votes)):
        return "", "votes without a majority" if rule == "majority" else "no votes"
    winner = VOTES[votes.index(most)]
    return winner, "" if winner in EXPRESSIONS else f"voted {winner}"


def _from_files(folder: Path, votes: Iterator[_Voted]) -> FaceDataset:
    records = Records("ferplus", folder)
    labels: dict[str, int] = {}
    for voted in votes:
        path = inside(folder, f"{_FOLDERS[voted.split]}/{voted.image}", voted.where)
        if not voted.image:
            records.skip(voted.reason or "no image name")
        elif voted.fine is None:
            records.skip(voted.reason)
        elif labels.setdefault(path, voted.fine) != voted.fine:
            records.skip("image named again with another label")
        else:
            records.add(path, voted.fine, voted.split)
    return records.dataset()


def _from_pixels(file: Path, votes: Iterator[_Voted], labels: Path) -> FaceDataset:
    skipped: Counter[str] = Counter()
    kept: list[tuple[int, int]] = []
    pixels: list[np.ndarray] = []
    places: list[int] = []
    rows = read_rows(file, ("Usage", "pixels"))
    for number, voted in enumerate(votes, start=1):
        row = next(rows, None)
        if row is None or split_name(row.cells[0]) != voted.split:
            found = f"{row.where} says {row.cells[0]!r}" if row else f"{file} ends before it"
            raise DataError(
                f"{voted.where}: row {number} is of the split {voted.split}, but {found}; the two"
                " files must have the same images, row by row"
            )
        if voted.fine is None:
            skipped[voted.reason] += 1
            continue
        pixels.append(_as_pixels(row))
        places.append(row.number)
        kept.append((voted.fine, SPLITS.index(voted.split)))
    extra = next(rows, None)
    if extra is not None:
        raise DataError(f"{extra.where}: {labels} has no votes for this row")
    if not kept:
        raise DataError(f"{labels}: no image is left: {dict(skipped)}")
    fine, split = np.array(kept).T
    return FaceDataset(
        name="ferplus",
        images=ArrayImages(
            np.concatenate(pixels).reshape(-1, 1, _SIDE, _SIDE), np.array(places), file
        ),
        fine=fine.astype(np.int16),
        split=split.astype(np.int8),
        subject=np.full(len(kept), -1, np.int32),
        skipped=dict(skipped),
    )


def _as_pixels(row: Row) -> np.ndarray:
    try:
        pixels = np.fromstring(row.cells[1], dtype=np.int64, sep=" ")
    except ValueError:
        raise DataError(f"{row.where}: pixels must be whole numbers") from None
    if len(pixels) != _SIDE**2 or pixels.min() < 0 or pixels.max() > 255:
        raise DataError(
            f"{row.where}: pixels must be {_SIDE**2} numbers from 0 to 255; there are {len(pixels)}"
            + (f" from {pixels.min()} to {pixels.max()}" if len(pixels) else "")
        )
    return pixels.astype(np.uint8)


def _valid_called_test(dataset: FaceDataset) -> FaceDataset:
    valid, test = SPLITS.index("valid"), SPLITS.index("test")
    kept = dataset.take(np.flatnonzero(dataset.split != test))
    split = kept.split.copy()
    split[split == valid] = test
    replaced = len(dataset) - len(kept)
    skipped = {**kept.skipped, **({"of FER2013Test, replaced": replaced} if replaced else {})}
    return replace(kept, split=split, skipped=skipped)
