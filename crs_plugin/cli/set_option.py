"""The option ``--set``, which many commands have."""

from collections.abc import Callable
from typing import Any, TypeVar

import click

F = TypeVar("F", bound=Callable[..., Any])


def set_option(what: str = "a value of the recipe") -> Callable[[F], F]:
    """Return the decorator that adds the option, as ``overrides``.

    Args:
        what: What it sets.
    """
    return click.option(
        "--set",
        "overrides",
        multiple=True,
        metavar="KEY=VALUE",
        help=f"Set {what}; can be repeated.",
    )
