"""Descriptions of many persons or pictures at once: an array for each property."""

from dataclasses import dataclass, fields
from typing import Self

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Columns:
    """Arrays ``[N, …]`` with one row for each person or picture; those of a kind are its fields."""

    def take(self, indices: NDArray[np.int64]) -> Self:
        """Return the rows of these indices."""
        return type(self)(**{f.name: getattr(self, f.name)[indices] for f in fields(self)})
