"""Progress of the stages around pre-training: a bar on a terminal, a line a stage elsewhere."""

from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

from crs_plugin.verbosity import can_be_redrawn


class StageProgress:
    """Shows how far reading data, extracting features and the like have come.

    Args:
        console: Where to show it.
    """

    def __init__(self, console: Console) -> None:
        self._console = console
        self._bars: Progress | None = None
        self._tasks: dict[str, TaskID] = {}

    @contextmanager
    def stage(self) -> Iterator[None]:
        """Show progress while the block runs."""
        if not can_be_redrawn(self._console):
            yield
            return
        self._bars = Progress(
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            TextColumn("{task.completed:,.0f}/{task.total:,.0f}"),
            TimeRemainingColumn(),
            console=self._console,
            transient=True,
        )
        try:
            with self._bars:
                yield
        finally:
            self._bars, self._tasks = None, {}

    def __call__(self, what: str, done: int, total: int) -> None:
        """Tell how far something has come."""
        if self._bars is not None:
            if what not in self._tasks:
                self._tasks[what] = self._bars.add_task(what, total=total)
            self._bars.update(self._tasks[what], completed=done, total=total)
        elif not can_be_redrawn(self._console) and done == total:
            self._console.print(f"{what}: done", markup=False, highlight=False, soft_wrap=True)
