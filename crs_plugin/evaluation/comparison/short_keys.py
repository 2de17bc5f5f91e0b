"""Dotted keys cut down to what tells them apart."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any


def short_keys(keys: Sequence[str]) -> dict[str, str]:
    """Return key → its shortest ending that no other of the keys has and that is no mere number.

    ``objective.0.class_weights.negative`` alone is ``negative``.
    """
    return {key: _shortest(key, [other for other in keys if other != key]) for key in keys}


def leaves(value: Any, key: str = "") -> Iterator[tuple[str, Any]]:
    """Yield dotted key and value of every scalar, and of every empty list and mapping."""
    if isinstance(value, Mapping) and value:
        children: Any = value.items()
    elif isinstance(value, list) and value:
        children = enumerate(value)
    else:
        yield key, value
        return
    for name, child in children:
        yield from leaves(child, f"{key}.{name}" if key else str(name))


def _shortest(key: str, others: Sequence[str]) -> str:
    steps = key.split(".")
    for start in range(len(steps) - 1, 0, -1):
        ending = ".".join(steps[start:])
        taken = any(f".{other}".endswith(f".{ending}") for other in others)
        if not taken and not steps[start].isdigit():
            return ending
    return key
