"""A comparison on the terminal: the table, and the differences in words."""

from rich.console import Console
from rich.text import Text

from crs_plugin.evaluation.comparison.comparison import Comparison
from crs_plugin.evaluation.comparison.table import comparison_table


def print_comparison(comparison: Comparison, console: Console) -> None:
    """Print a comparison."""
    console.print(comparison_table(comparison))
    for line in (*comparison.sentences, *comparison.how):
        console.print(Text(line), soft_wrap=True)
