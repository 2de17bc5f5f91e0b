"""How much long work tells while it goes on."""

import importlib.util
from contextvars import ContextVar
from enum import Enum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console


class Verbosity(Enum):
    """What is told beside results and errors."""

    QUIET = "nothing"
    NORMAL = "progress"
    VERBOSE = "progress, what the toolkits below have to say, and the traceback of an error"


chosen: ContextVar[Verbosity] = ContextVar("verbosity", default=Verbosity.NORMAL)
"""What holds here; ``chosen.set(Verbosity.QUIET)`` in a program of your own."""


def progress_console(*, stderr: bool = False) -> "Console":
    """Return where progress goes: nowhere, if quiet was chosen."""
    from rich.console import Console

    return Console(stderr=stderr, quiet=chosen.get() is Verbosity.QUIET)


def can_be_redrawn(console: "Console") -> bool:
    """Return whether bars can move there: on a terminal, and in a notebook that has widgets."""
    if console.is_jupyter:
        return importlib.util.find_spec("ipywidgets") is not None
    return console.is_terminal
