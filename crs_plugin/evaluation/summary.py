"""The results in a few lines for the terminal."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from crs_plugin.evaluation.result import (
    RANDOM,
    TRAINED,
    EvaluationResult,
    Interval,
    Target,
    headline_targets,
)
from crs_plugin.table_widths import fit

if TYPE_CHECKING:
    from rich.console import Console, ConsoleOptions, RenderResult
    from rich.table import Table

_TITLE = "Frozen encoder, in per cent (95 % interval)"


class Summary:
    """All headline targets: as a table, or below one another where a table would be cut off.

    Args:
        results: What came out.
    """

    def __init__(self, results: Sequence[EvaluationResult]) -> None:
        self._results = results

    def __rich_console__(self, console: "Console", options: "ConsoleOptions") -> "RenderResult":
        from rich.text import Text

        table = summary_table(self._results)
        if fit(table, console, options):
            yield table
            return
        yield Text(_TITLE, style="italic")
        for target in headline_targets(self._results):
            yield Text(target.title, style="bold")
            yield from (Text.from_markup(f"  {line}") for line in _lines(target))


def summary_table(results: Sequence[EvaluationResult]) -> "Table":
    """Return a table of all headline targets: every encoder, and the gain over a random one."""
    from rich.box import SIMPLE_HEAD
    from rich.markup import escape
    from rich.table import Table

    shown = headline_targets(results)
    encoders = list(dict.fromkeys(name for target in shown for name in target.scores))
    references = [name for name in encoders if name != TRAINED]
    table = Table(title=_TITLE, title_justify="left", box=SIMPLE_HEAD, pad_edge=False)
    table.collapse_padding = True
    table.add_column("target")
    headings = ["accuracy", *references, "UAR", *references]
    beside_random = any(RANDOM in target.gains for target in shown)
    headings += [f"UAR gained over {RANDOM}"] if beside_random else []
    for heading in headings:
        table.add_column(escape(heading), justify="right", no_wrap=heading in references)
    for target in shown:
        cells = [
            cell
            for measure in ("accuracy", "uar")
            for cell in (
                _own(target, measure),
                *(_reference(target, name, measure) for name in references),
            )
        ]
        cells += [_gained(target)] if beside_random else []
        table.add_row(escape(target.title), *cells)
    return table


def _lines(target: Target) -> list[str]:
    from rich.markup import escape

    lines = []
    for title, measure in (("accuracy", "accuracy"), ("UAR", "uar")):
        lines.append(f"{title} {_in_one_line(_own(target, measure))}")
        lines += [
            f"  {escape(name)} {_reference(target, name, measure)}"
            for name in target.scores
            if name != TRAINED
        ]
    if RANDOM in target.gains:
        lines.append(f"UAR gained over {RANDOM} {_in_one_line(_gained(target))}")
    return lines


def _in_one_line(cell: str) -> str:
    figure, interval = cell.split("\n")
    return f"{figure} ({interval})"


def _own(target: Target, measure: str) -> str:
    interval = getattr(target.trained, f"{measure}_interval")
    return _rate(getattr(target.trained, measure), interval)


def _reference(target: Target, name: str, measure: str) -> str:
    return f"{100 * getattr(target.scores[name], measure):.1f}" if name in target.scores else ""


def _gained(target: Target) -> str:
    if RANDOM not in target.gains:
        return ""
    gain, (low, high) = target.gains[RANDOM].uar, target.gains[RANDOM].uar_interval
    style = "green" if low > 0 else "red" if high < 0 else "yellow"
    return f"[{style}]{100 * gain:+.1f}\n{100 * low:+.1f} to {100 * high:+.1f}[/]"


def _rate(rate: float, interval: Interval) -> str:
    # The interval below, so that all of it is seen where there are 80 columns.
    return f"{100 * rate:.1f}\n{100 * interval[0]:.1f}–{100 * interval[1]:.1f}"
