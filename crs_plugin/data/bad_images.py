"""Images that cannot be read, and how they are listed."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from itertools import islice

MOST_LISTED = 20
"""Bad images that a message or a terminal shows; a file has all."""

REASON = "cannot be read"
"""Reason that records are left out for, in counts."""


@dataclass(frozen=True)
class BadImage:
    """An image that cannot be read.

    Attributes:
        name: What a person would call it: its path, or its number in the set.
        reason: What is wrong with it.
    """

    name: str
    reason: str

    @classmethod
    def of(cls, name: str, error: Exception) -> "BadImage":
        """Return an image that could not be read, with an error whose message may begin with it."""
        return cls(name, str(error).removeprefix(f"{name}: "))


def listed(bad: Collection[BadImage]) -> str:
    """Return the first of them as lines of a table, each after a line end."""
    shown = list(islice(bad, MOST_LISTED))
    width = max((len(image.name) for image in shown), default=0)
    lines = [f"\n  {image.name + ':':<{width + 1}} {image.reason}" for image in shown]
    more = f"\n  … and {len(bad) - MOST_LISTED:,} more" if len(bad) > MOST_LISTED else ""
    return "".join(lines) + more


def as_tsv(bad: Iterable[BadImage]) -> bytes:
    """Return all of them as the text of a file, a line each: name, tab, reason."""
    lines = (f"{_on_one_line(image.name)}\t{_on_one_line(image.reason)}\n" for image in bad)
    return "".join(lines).encode("utf-8", "surrogateescape")


def _on_one_line(text: str) -> str:
    return text.replace("\n", "\\n").replace("\r", "\\r").replace("\t", "\\t")
