"""Tables of which nothing is cut off, however narrow the terminal is."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table


def print_whole(table: "Table", console: "Console") -> None:
    """Print a table; where it does not fit, its rows below one another, the first cell on top.

    Args:
        table: The table; its cells are ``Text``.
        console: Where it is printed.
    """
    from rich.text import Text

    from crs_plugin.table_widths import fit

    if fit(table, console, console.options):
        console.print(table)
        return
    for cells in zip(*(column.cells for column in table.columns), strict=True):
        console.print(cells[0], soft_wrap=True)
        for column, cell in zip(table.columns[1:], cells[1:], strict=True):
            if str(cell):
                console.print(Text(f"  {column.header} {cell}".rstrip()), soft_wrap=True)
