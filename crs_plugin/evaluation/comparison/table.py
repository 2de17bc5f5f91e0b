"""A comparison for the terminal."""

from typing import TYPE_CHECKING

from crs_plugin.evaluation.comparison.compared_measure import ComparedMeasure
from crs_plugin.evaluation.comparison.compared_target import RATES, ComparedRow
from crs_plugin.evaluation.comparison.comparison import Comparison
from crs_plugin.evaluation.comparison.figure import Figure
from crs_plugin.evaluation.comparison.words import signed

if TYPE_CHECKING:
    from rich.table import Table


def comparison_table(comparison: Comparison) -> "Table":
    """Return one table of all targets and measures, a row for each experiment."""
    from rich.markup import escape
    from rich.table import Table

    title = f"In per cent; differences from {escape(comparison.against)} in points of UAR"
    table = Table(title=title, title_justify="left")
    for heading, justify in (
        ("target", "left"),
        ("run", "left"),
        ("accuracy", "right"),
        ("UAR", "right"),
        ("macro-F1", "right"),
        ("UAR differs by", "right"),
    ):
        table.add_column(heading, justify=justify, overflow="fold")  # type: ignore[arg-type]
    seeds = {e.name: len(e.runs) for e in comparison.experiments}
    for target in comparison.targets:
        for number, row in enumerate(target.rows):
            table.add_row(
                escape(target.title) if number == 0 else "",
                f"[dim]{escape(row.name)}[/]" if row.reference else _named(row.name, seeds),
                *(in_per_cent(row.rates[rate]) for rate in RATES),
                _against(row),
                end_section=number == len(target.rows) - 1,
            )
    for measure in comparison.measures:
        for number, (name, figure) in enumerate(measure.figures.items()):
            table.add_row(
                escape(measure_title(measure)) if number == 0 else "",
                _named(name, seeds),
                in_per_cent(figure) if measure.rate else as_number(figure),
                end_section=number == len(measure.figures) - 1,
            )
    return table


def measure_title(measure: ComparedMeasure) -> str:
    """Return the name of a measure, with which way is better where that is not up."""
    way = {"lower": " (lower is better)", "neither": " (no better or worse)"}
    return measure.title + way.get(measure.better, "")


def in_per_cent(figure: Figure) -> str:
    """Return a rate: ``71.0 ± 0.8`` of several seeds, ``71.0 (69.1-72.8)`` of one."""
    if figure.deviation is not None:
        return f"{100 * figure.mean:.1f} ± {100 * figure.deviation:.1f}"
    if figure.interval is None:
        return f"{100 * figure.mean:.1f}"
    low, high = figure.interval
    return f"{100 * figure.mean:.1f} ({100 * low:.1f}-{100 * high:.1f})"


def as_number(figure: Figure) -> str:
    """Return a figure that is no rate."""
    if figure.deviation is not None:
        return f"{figure.mean:.3g} ± {figure.deviation:.2g}"
    if figure.interval is None:
        return f"{figure.mean:.3g}"
    return "{:.3g} ({:.3g} to {:.3g})".format(figure.mean, *figure.interval)


def _named(name: str, seeds: dict[str, int]) -> str:
    from rich.markup import escape

    return escape(name) + (f" ({seeds[name]} seeds)" if seeds[name] > 1 else "")


def _against(row: ComparedRow) -> str:
    if row.differences is None:
        return "not comparable" if row.words else ""
    uar = row.differences.uar
    style = {"better": "green", "worse": "red", "none": "yellow"}[uar.shown]
    return f"[{style}]{signed(uar).replace('[', chr(92) + '[')}[/]"
