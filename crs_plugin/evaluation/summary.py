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

if TYPE_CHECKING:
    from rich.table import Table


def summary_table(results: Sequence[EvaluationResult]) -> "Table":
    """Return a table of all headline targets: every encoder, and the gain over a random one."""
    from rich.box import SIMPLE_HEAD
    from rich.markup import escape
    from rich.table import Table

    shown = headline_targets(results)
    encoders = list(dict.fromkeys(name for target in shown for name in target.scores))
    references = [name for name in encoders if name != TRAINED]
    title = "Frozen encoder, in per cent (95 % interval)"
    table = Table(title=title, title_justify="left", box=SIMPLE_HEAD, pad_edge=False)
    longest_word = max((len(word) for t in shown for word in t.title.split()), default=0)
    table.add_column("target", overflow="fold", min_width=min(longest_word, 20))
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
                _rate(
                    getattr(target.trained, measure),
                    getattr(target.trained, f"{measure}_interval"),
                ),
                *(_reference(target, name, measure) for name in references),
            )
        ]
        cells += [_gained(target)] if beside_random else []
        table.add_row(escape(target.title), *cells)
    return table


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
