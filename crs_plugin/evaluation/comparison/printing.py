"""A comparison on the terminal: the tables, and the differences in words."""

from rich.console import Console
from rich.text import Text

from crs_plugin.evaluation.comparison.comparison import Comparison
from crs_plugin.evaluation.comparison.table import ComparedFigures


def print_comparison(comparison: Comparison, console: Console) -> None:
    """Print a comparison."""
    console.print(ComparedFigures(comparison))
    for line in (*comparison.sentences, *comparison.how):
        console.print(Text(line), soft_wrap=True)
