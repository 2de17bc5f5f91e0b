"""The class weights that a run was trained with, as its metrics tell them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class WeightsInUse:
    """Class weights of one term, at both ends of a run.

    Attributes:
        first: Name of a coarse class → its weight at the first step.
        last: The same at the last step.
    """

    first: Mapping[str, float]
    last: Mapping[str, float]


def weights_in_use(rows: Sequence[Mapping[str, Any]]) -> dict[str, WeightsInUse]:
    """Return term → class weights of a run; none where no term weights classes.

    Args:
        rows: Rows of ``metrics.jsonl``; those of older versions tell nothing of weights.
    """
    found: dict[str, WeightsInUse] = {}
    for row in rows:
        for term, weights in row.get("class_weights", {}).items():
            first = found[term].first if term in found else weights
            found[term] = WeightsInUse(first, weights)
    return found
