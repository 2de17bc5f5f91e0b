"""The progress display: live on a terminal, plain lines elsewhere."""

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytorch_lightning as pl
from rich.console import Console, Group
from rich.live import Live
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from crs_plugin import compiling
from crs_plugin.pretraining.callbacks.closing import Closing
from crs_plugin.pretraining.metrics import MetricsRow
from crs_plugin.verbosity import can_be_redrawn

log = logging.getLogger("crs_plugin.pretraining")
log.addHandler(logging.NullHandler())


class ProgressDisplay(Closing):
    """Shows where a run is, how long it will take, and every term beside its collapsed value.

    Every row of metrics goes to the log ``crs_plugin.pretraining`` as a line. On a terminal a live
    display stands below; on any other console the lines are printed.

    Args:
        console: Where to show it, or None for nowhere.
    """

    def __init__(self, console: Console | None) -> None:
        self._console = console
        self._live: Live | None = None
        self._bar: Progress | None = None
        self._table: Table | Text = Text("")
        self._first_step = 0
        self._total_steps = 0
        self._started = 0.0

    def on_train_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Say where a resumed run goes on, and open the display."""
        self._first_step = trainer.global_step
        self._total_steps = int(trainer.estimated_stepping_batches)
        self._started = time.perf_counter()
        if 0 < self._first_step < self._total_steps and trainer.is_global_zero:
            line = f"goes on at step {self._first_step + 1:,} of {self._total_steps:,}"
            log.info(line)
            self._print(line)
        if self._console is None or not can_be_redrawn(self._console) or not trainer.is_global_zero:
            return
        self._bar = Progress(
            TextColumn("pre-training"),
            BarColumn(bar_width=None),
            MofNCompleteColumn(),
            TextColumn("steps"),
            TimeElapsedColumn(),
            TextColumn("{task.fields[left]}"),
            console=self._console,
            expand=True,
        )
        self._bar.add_task("", total=self._total_steps, completed=self._first_step, left="")
        self._live = Live(self._group(), console=self._console, refresh_per_second=4)
        self._live.start()

    def on_train_batch_end(
        self,
        trainer: pl.Trainer,
        pl_module: Any,
        outputs: Any,
        batch: Any,
        batch_idx: int,
    ) -> None:
        """Move on by one step."""
        step, row = trainer.global_step, pl_module.row
        left = self._time_left(step)
        if row is not None and trainer.is_global_zero:
            line = plain_line(row, self._total_steps, left)
            log.info(line)
            if self._live is None:
                self._print(line)
            self._table = live_table(row)
        if self._live is not None and self._bar is not None:
            self._bar.update(self._bar.task_ids[0], completed=step, left=left)
            if row is not None:
                self._live.update(self._group())

    def announce(self, message: str) -> None:
        """Show and log a warning."""
        log.warning(message)
        self._print(f"warning: {message}")

    @contextmanager
    def shows_failed_compiling(self) -> Iterator[None]:
        """Show, while the block runs, the lines that say what runs uncompiled."""
        handler = _Shown(self._print)
        compiling.log.addHandler(handler)
        try:
            yield
        finally:
            compiling.log.removeHandler(handler)

    def close(self) -> None:
        """Close the display; its last state stays on the screen."""
        if self._live is not None:
            self._live.stop()
            self._live = None

    def _print(self, line: str) -> None:
        if self._console is not None:
            self._console.print(Text(line), soft_wrap=True)

    def _group(self) -> Group:
        return Group(*([self._bar] if self._bar is not None else []), self._table)

    def _time_left(self, step: int) -> str:
        done = step - self._first_step
        seconds = (time.perf_counter() - self._started) / max(done, 1)
        return f"{_duration(seconds * (self._total_steps - step))} left"


class _Shown(logging.Handler):
    """Hands the text of log records on."""

    def __init__(self, show: Callable[[str], None]) -> None:
        super().__init__()
        self._show = show

    def emit(self, record: logging.LogRecord) -> None:
        self._show(record.getMessage())


def plain_line(row: MetricsRow, total_steps: int, left: str) -> str:
    """Return a row of metrics as one line of text."""
    terms = [
        f"{name} {term.value:.4g}"
        + (f" (collapsed {term.collapsed:.4g})" if term.collapsed is not None else "")
        for name, term in row.terms.items()
    ]
    step = f"step {row.step}/{total_steps} epoch {row.epoch}"
    return " | ".join([step, f"loss {row.loss:.4g}", *terms, *_figures(row), left])


def live_table(row: MetricsRow) -> Table:
    """Return a row of metrics as the table below the bar."""
    caption = " | ".join(_figures(row))
    table = Table(box=None, pad_edge=False, caption=caption, caption_justify="left")
    table.add_column("term")
    table.add_column("value", justify="right")
    table.add_column("if collapsed", justify="right")
    for name, term in row.terms.items():
        collapsed = "" if term.collapsed is None else f"{term.collapsed:.4g}"
        table.add_row(Text(name), f"{term.value:.4g}", collapsed)
    table.add_row("loss (weighted sum)", f"{row.loss:.4g}", "")
    return table


def _figures(row: MetricsRow) -> list[str]:
    figures = []
    if row.coarse_accuracy is not None:
        figures.append(f"coarse accuracy {row.coarse_accuracy:.3f}")
    if row.fine_accuracy is not None:
        figures.append(f"fine accuracy {row.fine_accuracy:.3f}")
    if row.embedding_spread is not None:
        figures.append(f"spread {row.embedding_spread:.4f} (full {row.full_spread:.4f})")
    return [*figures, f"lr {row.lr:.3g}", f"{row.images_per_second:.0f} images/s"]


def _duration(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes:02d} min"
    return f"{minutes} min {rest:02d} s" if minutes else f"{rest} s"
