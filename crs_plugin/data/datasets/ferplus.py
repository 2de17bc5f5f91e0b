"""FERPlus: FER2013's faces with the votes of ten people each."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from crs_plugin.data.about import About
from crs_plugin.data.dataset import SPLITS, DataError, FaceDataset
from crs_plugin.data.layouts.fer2013_pixels import TABLES, as_images, as_pixels
from crs_plugin.data.layouts.label_names import split_name
from crs_plugin.data.layouts.label_tables import Row, read_rows
from crs_plugin.data.layouts.records import Records
from crs_plugin.data.layouts.roots import first_that_exists, inside, set_folder
from crs_plugin.data.layouts.valid_as_test import valid_called_test
from crs_plugin.expressions import EXPRESSIONS, fine_id
from crs_plugin.registry import register

VOTES = (*EXPRESSIONS, "unknown", "NF")
"""The columns of votes. ``NF`` stands for no face."""

ABOUT = About(
    title="FERPlus",
    setting="wild",
    images="25,060 train, 3,199 valid, 3,153 test by majority; 28,389, 3,553, 3,546 by plurality",
    labels={vote: vote if vote in EXPRESSIONS else None for vote in VOTES},
    layout=(
        "fer2013new.csv and the PNG folders FER2013Train/, FER2013Valid/, FER2013Test/",
        "fer2013new.csv and, row by row the same images, fer2013.csv or icml_face_data.csv",
    ),
    how_to_get=(
        "FERPlus is the labels fer2013new.csv of https://github.com/microsoft/FERPlus (MIT"
        " licence), beside FER2013's images: the PNG folders FER2013Train, FER2013Valid and"
        " FER2013Test that its script makes, or fer2013.csv of Kaggle's 'Challenges in"
        " Representation Learning: Facial Expression Recognition' (for research)."
    ),
)

_VOTES_FILE = "fer2013new.csv"
_FOLDERS = {"train": "FER2013Train", "valid": "FER2013Valid", "test": "FER2013Test"}

Rule = Literal["majority", "plurality"]


@register("dataset", "ferplus")
def ferplus(
    *, root: Path | None = None, rule: Rule = "majority", valid_as_test: bool = False
) -> FaceDataset:
    """FERPlus: 48×48 grey faces from the web, eight expressions by vote.

    A label file's row that names an image for the second time is kept, as in the published counts,
    if its label is the same. The votes themselves are the extra column ``votes`` ``[N, 10]``, in
    the file's order: the eight expressions as they are here, unknown, NF (no face).

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
    folder = set_folder(root, "ferplus", (_VOTES_FILE,), ABOUT.how_to_get)
    labels = first_that_exists(folder, (_VOTES_FILE,), "ferplus", ABOUT.how_to_get)
    votes = _read_votes(labels, rule)
    if any((folder / name).is_dir() for name in _FOLDERS.values()):
        dataset = _from_files(folder, votes)
    else:
        pixels = first_that_exists(
            folder, (*TABLES, _FOLDERS["train"]), "ferplus", ABOUT.how_to_get
        )
        dataset = _from_pixels(pixels, votes, labels)
    return valid_called_test(dataset, "of FER2013Test, replaced") if valid_as_test else dataset


@dataclass(frozen=True)
class _Voted:
    """One row: its votes, and its label as fine id, or why it has none."""

    where: str
    split: str
    image: str
    votes: list[int]
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
        numbers = _as_numbers(cells, row)
        winner, reason = _winner(numbers, rule)
        fine = fine_id(winner) if winner in EXPRESSIONS else None
        yield _Voted(row.where, split, image, numbers, fine, reason)


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
            records.leave_out(path, voted.reason)
        elif labels.setdefault(path, voted.fine) != voted.fine:
            records.skip("image named again with another label")
        else:
            records.add(path, voted.fine, voted.split, extra={"votes": voted.votes})
    records.skip_unnamed()
    return records.dataset()


def _from_pixels(file: Path, votes: Iterator[_Voted], labels: Path) -> FaceDataset:
    skipped: Counter[str] = Counter()
    kept: list[tuple[int, int]] = []
    kept_votes: list[list[int]] = []
    pixels: list[NDArray[np.uint8]] = []
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
        pixels.append(as_pixels(row.cells[1], row.where))
        kept_votes.append(voted.votes)
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
        images=as_images(pixels, places, file),
        fine=fine.astype(np.int16),
        split=split.astype(np.int8),
        subject=np.full(len(kept), -1, np.int32),
        skipped=dict(skipped),
        extra={"votes": np.array(kept_votes, np.float32)},
    )
