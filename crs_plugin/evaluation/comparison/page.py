"""A comparison as one page that needs nothing but itself, in the look of the report."""

from crs_plugin.evaluation.comparison.compared_target import RATES
from crs_plugin.evaluation.comparison.comparison import Comparison
from crs_plugin.evaluation.comparison.figure import Figure
from crs_plugin.evaluation.comparison.table import as_number, in_per_cent, measure_title
from crs_plugin.evaluation.figures import Dots, Drawing, compared_targets
from crs_plugin.evaluation.report.page import environment, styles


def comparison_page(comparison: Comparison) -> str:
    """Return the HTML of a comparison."""
    pages = environment()
    pages.filters.update(titled=measure_title, in_per_cent=in_per_cent, as_number=as_number)
    return pages.get_template("comparison.html.jinja").render(
        comparison=comparison,
        drawn=_drawn(comparison),
        rates=RATES,
        beside=_with_small_print(comparison),
        styles=styles(),
    )


def _with_small_print(comparison: Comparison) -> set[str]:
    """Rates that have an interval or a deviation beside them somewhere: there figures make room."""
    return {
        rate
        for target in comparison.targets
        for row in target.rows
        for rate, figure in row.rates.items()
        if figure.interval is not None or figure.deviation is not None
    }


def _drawn(comparison: Comparison) -> list[Drawing]:
    shown = {
        target.title: {row.name: _dots(row.rates["uar"]) for row in target.rows}
        for target in comparison.targets
        if target.headline
    }
    return [compared_targets("Mean recall (UAR) of every target", shown)] if shown else []


def _dots(figure: Figure) -> Dots:
    return Dots(figure.mean, figure.values, figure.interval)
