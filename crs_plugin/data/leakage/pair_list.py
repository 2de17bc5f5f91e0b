"""All pairs of images that leak, as a file."""

import csv
import io
from collections.abc import Iterable

from crs_plugin.data.leakage.overlap import Overlap, Pairs

COLUMNS = (
    *("first_part", "second_part", "kind", "similarity", "mirrored", "first_image", "second_image"),
)


def as_csv(overlaps: Iterable[Overlap]) -> bytes:
    """Return the pairs of overlaps as CSV, in UTF-8.

    ``kind`` is ``exact``, ``near`` or ``person``: of a person on both sides, one image of each side
    is listed, without a similarity.
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    for found in overlaps:
        persons = found.persons if found.strangers else None
        for pairs, kind in ((found.copies, ""), (persons, "person")):
            for line in range(0 if pairs is None else len(pairs)):
                writer.writerow(_cells(found, pairs, line, kind))
    return text.getvalue().encode("utf-8", "surrogateescape")


def _cells(found: Overlap, pairs: Pairs | None, line: int, kind: str) -> tuple[str, ...]:
    assert pairs is not None
    similarity = "" if kind else f"{pairs.similarity[line]:.3f}"
    return (
        found.first.name,
        found.second.name,
        kind or ("exact" if pairs.exact[line] else "near"),
        similarity,
        "" if kind else str(bool(pairs.mirrored[line])).lower(),
        found.first.dataset.images.name(int(pairs.first[line])),
        found.second.dataset.images.name(int(pairs.second[line])),
    )
