"""What a person wants to know of a data set before it is opened."""

import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

Setting = Literal["wild", "lab", "drawn", "your own"]
"""Where faces are from: the web and films, a laboratory, a program, or whoever brings them."""


@dataclass(frozen=True)
class About:
    """What is known of a data set; its file holds one under the name ``ABOUT``.

    Attributes:
        title: Its name as its authors write it.
        setting: Where the faces are from.
        images: How many images there are, in words (``12,271 train, 3,068 test``).
        labels: Label as the files have it → canonical expression, in the set's own order; empty
            where the user brings them. None is a label that is left out.
        layout: What lies below the root: one line for each layout that is recognised.
        how_to_get: Where the set comes from and under which terms, a sentence or two.
    """

    title: str
    setting: Setting
    images: str
    labels: dict[str, str | None]
    layout: tuple[str, ...]
    how_to_get: str


def about(dataset: Callable[..., Any]) -> About | None:
    """Return what the file of a data set component says of it, or None if it says nothing."""
    found = getattr(sys.modules.get(dataset.__module__), "ABOUT", None)
    return found if isinstance(found, About) else None
