"""A comparison for the terminal."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from crs_plugin.evaluation.comparison.compared_measure import ComparedMeasure
from crs_plugin.evaluation.comparison.compared_target import RATES, ComparedRow
from crs_plugin.evaluation.comparison.comparison import Comparison
from crs_plugin.evaluation.comparison.figure import Figure
from crs_plugin.evaluation.comparison.words import signed
from crs_plugin.table_widths import fit

if TYPE_CHECKING:
    from rich.console import Console, ConsoleOptions, RenderResult
    from rich.table import Table

_RATES = dict(zip(RATES, ("accuracy", "UAR", "macro-F1"), strict=True))
_DIFFERS = "UAR difference"
_OTHER = "Other figures, rates in per cent"


class ComparedFigures:
    """All targets and measures: as tables, or below one another where a table would be cut off.

    Args:
        comparison: The comparison.
    """

    def __init__(self, comparison: Comparison) -> None:
        self._comparison = comparison
        self._seeds = {e.name: len(e.runs) for e in comparison.experiments}

    def __rich_console__(self, console: "Console", options: "ConsoleOptions") -> "RenderResult":
        from rich.text import Text

        if self._comparison.targets:
            table = self._targets()
            if fit(table, console, options):
                yield table
            else:
                yield from map(Text.from_markup, self._target_lines())
        if self._comparison.measures:
            table = self._measures()
            if fit(table, console, options):
                yield table
            else:
                yield from map(Text.from_markup, self._measure_lines())

    @property
    def _title(self) -> str:
        from rich.markup import escape

        return f"In per cent; differences from {escape(self._comparison.against)} in points of UAR"

    def _targets(self) -> "Table":
        from rich.markup import escape

        table = _empty(self._title)
        for heading in ("target", "run"):
            table.add_column(heading)
        for heading in (*_RATES.values(), _DIFFERS):
            table.add_column(heading, justify="right", no_wrap=True)
        for target in self._comparison.targets:
            for number, row in enumerate(target.rows):
                table.add_row(
                    escape(target.title) if number == 0 else "",
                    self._named(row),
                    *(_below(in_per_cent(row.rates[rate])) for rate in RATES),
                    _below(_against(row)),
                    end_section=number == len(target.rows) - 1,
                )
        return table

    def _target_lines(self) -> Iterator[str]:
        from rich.markup import escape

        yield f"[italic]{self._title}[/]"
        for target in self._comparison.targets:
            yield f"[bold]{escape(target.title)}[/]"
            for row in target.rows:
                yield f"  {self._named(row)}"
                for rate, heading in _RATES.items():
                    yield f"    {heading} {in_per_cent(row.rates[rate])}"
                if row.words:
                    yield f"    {_DIFFERS} {_against(row)}"

    def _measures(self) -> "Table":
        from rich.markup import escape

        table = _empty(_OTHER)
        for heading in ("measure", "run"):
            table.add_column(heading)
        table.add_column("", justify="right", no_wrap=True)
        for measure in self._comparison.measures:
            for number, (name, figure) in enumerate(measure.figures.items()):
                table.add_row(
                    escape(measure_title(measure)) if number == 0 else "",
                    _of_seeds(name, self._seeds),
                    _told(measure, figure),
                    end_section=number == len(measure.figures) - 1,
                )
        return table

    def _measure_lines(self) -> Iterator[str]:
        from rich.markup import escape

        yield f"[italic]{_OTHER}[/]"
        for measure in self._comparison.measures:
            yield f"[bold]{escape(measure_title(measure))}[/]"
            for name, figure in measure.figures.items():
                yield f"  {_of_seeds(name, self._seeds)} {_told(measure, figure)}"

    def _named(self, row: ComparedRow) -> str:
        from rich.markup import escape

        return f"[dim]{escape(row.name)}[/]" if row.reference else _of_seeds(row.name, self._seeds)


def measure_title(measure: ComparedMeasure) -> str:
    """Return the name of a measure, with which way is better where that is not up."""
    way = {"lower": " (lower is better)", "neither": " (no better or worse)"}
    return measure.title + way.get(measure.better, "")


def in_per_cent(figure: Figure) -> str:
    """Return a rate: ``71.0 ± 0.8`` of several seeds, ``71.0 (69.1–72.8)`` of one."""
    if figure.deviation is not None:
        return f"{100 * figure.mean:.1f} ± {100 * figure.deviation:.1f}"
    if figure.interval is None:
        return f"{100 * figure.mean:.1f}"
    low, high = figure.interval
    to = "–" if low >= 0 else " to "  # a dash before or after a minus could be taken for one
    return f"{100 * figure.mean:.1f} ({100 * low:.1f}{to}{100 * high:.1f})"


def as_number(figure: Figure) -> str:
    """Return a figure that is no rate."""
    if figure.deviation is not None:
        return f"{figure.mean:.3g} ± {figure.deviation:.2g}"
    if figure.interval is None:
        return f"{figure.mean:.3g}"
    return "{:.3g} ({:.3g} to {:.3g})".format(figure.mean, *figure.interval)


def _empty(title: str) -> "Table":
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    return Table(
        title=title,
        title_justify="left",
        box=SIMPLE_HEAD,
        pad_edge=False,
        collapse_padding=True,
    )


def _below(cell: str) -> str:
    """Put what stands beside a figure below it, so that 80 columns are enough."""
    return cell.replace(" ±", "\n±").replace(" (", "\n").replace(")", "")


def _told(measure: ComparedMeasure, figure: Figure) -> str:
    return in_per_cent(figure) if measure.rate else as_number(figure)


def _of_seeds(name: str, seeds: dict[str, int]) -> str:
    from rich.markup import escape

    return escape(name) + (f" ({seeds[name]} seeds)" if seeds[name] > 1 else "")


def _against(row: ComparedRow) -> str:
    if row.differences is None:
        return "not comparable" if row.words else ""
    uar = row.differences.uar
    style = {"better": "green", "worse": "red", "none": "yellow"}[uar.shown]
    return f"[{style}]{signed(uar)}[/]"
