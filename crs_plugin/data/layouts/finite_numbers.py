"""Numbers that stand in the cells of a label file."""

import math
from collections.abc import Iterable


def finite_numbers(cells: Iterable[str]) -> list[float] | None:
    """Return the numbers in some cells, or None if one is a word (``NULL``), NaN or infinite."""
    try:
        numbers = [float(cell) for cell in cells]
    except ValueError:
        return None
    return numbers if all(map(math.isfinite, numbers)) else None
