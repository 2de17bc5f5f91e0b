"""Widths of a table's columns at which no word and no figure is broken."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console, ConsoleOptions
    from rich.table import Table

_UNLIMITED = 10_000  # columns


def fit(table: "Table", console: "Console", options: "ConsoleOptions") -> bool:
    """Set the widths, for the library would shrink columns below their longest word.

    What is left over goes to the last columns first; columns marked as ``no_wrap`` have all they
    need.

    Args:
        table: The table; its cells are texts.
        console: Where it is shown.
        options: How much room there is.

    Returns:
        Whether there is room enough; if not, nothing is set.
    """
    from rich.measure import Measurement, measure_renderables

    unlimited = options.update(max_width=_UNLIMITED)
    ranges = [
        measure_renderables(console, unlimited, [column.header, *column.cells])
        for column in table.columns
    ]
    between = Measurement.get(console, unlimited, table).maximum - sum(r.maximum for r in ranges)
    widths = [
        found.maximum if column.no_wrap else found.minimum
        for column, found in zip(table.columns, ranges, strict=True)
    ]
    left = options.max_width - between - sum(widths)
    if left < 0:
        return False
    for number in reversed(range(len(widths))):
        more = min(left, ranges[number].maximum - widths[number])
        table.columns[number].width = widths[number] + more
        left -= more
    return True
