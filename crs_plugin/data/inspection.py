"""What a data set turns out to hold, once it is open."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from crs_plugin.data.bad_images import REASON, BadImage
from crs_plugin.data.dataset import FaceDataset
from crs_plugin.expressions import ALL_EXPRESSIONS


@dataclass(frozen=True)
class Inspection:
    """What a data set holds.

    Attributes:
        counts: Split → expression → number of images, both in canonical order.
        subjects: How many persons are shown, as far as they are known; None if none is.
        nameless: Images whose person is not known.
        skipped: Reason → how many records were left out.
        missing: The first image files that are not there.
    """

    counts: Mapping[str, Mapping[str, int]]
    subjects: int | None
    nameless: int
    skipped: Mapping[str, int]
    missing: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """Return what a program wants to know of it."""
        return {
            "version": 1,
            "counts": {split: dict(row) for split, row in self.counts.items()},
            "subjects": self.subjects,
            "skipped": dict(self.skipped),
            "missing": list(self.missing),
        }


def inspected(dataset: FaceDataset, bad: Mapping[int, BadImage] | None = None) -> Inspection:
    """Return what a data set holds.

    Args:
        dataset: The faces.
        bad: Index → what is wrong with images that cannot be read, where that was looked for. They
            count as left out.
    """
    skipped = dict(dataset.skipped)
    if bad:
        readable = np.setdiff1d(np.arange(len(dataset)), np.fromiter(bad, np.int64))
        dataset = dataset.take(readable)
        skipped[REASON] = skipped.get(REASON, 0) + len(bad)
    known = np.unique(dataset.subject[dataset.subject >= 0])
    return Inspection(
        counts=dataset.counts(),
        subjects=len(known) or None,
        nameless=int((dataset.subject < 0).sum()),
        skipped=skipped,
        missing=dataset.missing,
    )


def labels_by_expression(labels: Mapping[str, str | None]) -> dict[str | None, list[str]]:
    """Return expression → the labels that stand for it in a set's files, in canonical order.

    Labels that are left out come last, under None.

    Args:
        labels: Label → expression, None where it is left out.
    """
    found: dict[str | None, list[str]] = {}
    for label, expression in labels.items():
        found.setdefault(expression, []).append(label)
    return {name: found[name] for name in (*ALL_EXPRESSIONS, None) if name in found}
