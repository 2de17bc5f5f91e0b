"""What a run or an evaluation tells people: printed, and logged."""

import logging
from dataclasses import dataclass, field

from rich.console import Console, RenderableType
from rich.text import Text

from crs_plugin.verbosity import progress_console


@dataclass(frozen=True)
class Telling:
    """Prints and logs.

    Attributes:
        log: Where it is logged.
        console: Where progress goes.
        results: Where results go, however little is to be told.
        early: Lines that were printed before there was a folder to log in.
    """

    log: logging.Logger
    console: Console = field(default_factory=progress_console)
    results: Console = field(default_factory=Console)
    early: list[str] = field(default_factory=list)

    def say_early(self, line: str) -> None:
        """Print a line, and keep it for ``log_early``."""
        self.console.print(Text(line), soft_wrap=True)
        self.early.append(line)

    def log_early(self) -> None:
        """Log what was said early, now that there is a folder for it."""
        for line in self.early:
            self.log.info(line)

    def say(self, line: str) -> None:
        """Tell how it goes on."""
        self.console.print(Text(line), soft_wrap=True)
        self.log.info(line)

    def say_result(self, line: str) -> None:
        """Tell what came out, or what is to be done."""
        self.results.print(Text(line), soft_wrap=True)
        self.log.info(line)

    def show(self, results: RenderableType) -> None:
        """Tell what came out."""
        self.results.print(results)
        with self.results.capture() as captured:
            self.results.print(results)
        self.log.info("\n%s", captured.get())
