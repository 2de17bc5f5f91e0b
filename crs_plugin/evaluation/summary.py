"""The results in a few lines for the terminal."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from crs_plugin.evaluation.result import EvaluationResult, Interval

if TYPE_CHECKING:
    from rich.table import Table


def summary_table(results: Sequence[EvaluationResult]) -> "Table":
    """Return a table of all targets: the trained encoder, the random one, and the difference."""
    from rich.markup import escape
    from rich.table import Table

    table = Table(title="Frozen encoder, in per cent (95 % interval)", title_justify="left")
    table.add_column("target")
    for heading in ("accuracy", "random", "UAR", "random", "UAR gained"):
        table.add_column(heading, justify="right", no_wrap=heading == "random")
    for result in results:
        low, high = result.gain.uar_interval
        style = "green" if low > 0 else "red" if high < 0 else "yellow"
        table.add_row(
            escape(result.title),
            _rate(result.trained.accuracy, result.trained.accuracy_interval),
            f"{100 * result.random.accuracy:.1f}",
            _rate(result.trained.uar, result.trained.uar_interval),
            f"{100 * result.random.uar:.1f}",
            f"[{style}]{100 * result.gain.uar:+.1f} ({100 * low:+.1f} to {100 * high:+.1f})[/]",
        )
    return table


def _rate(rate: float, interval: Interval) -> str:
    return f"{100 * rate:.1f} ({100 * interval[0]:.1f}-{100 * interval[1]:.1f})"
