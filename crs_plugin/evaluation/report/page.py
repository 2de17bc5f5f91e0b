"""The report as one page that needs nothing but itself."""

import base64
import re
from typing import TYPE_CHECKING

from crs_plugin.evaluation.figures.drawing import Drawing
from crs_plugin.evaluation.figures.look import INK
from crs_plugin.evaluation.report.run_report import RunReport
from crs_plugin.evaluation.report.sheets import Sheets
from crs_plugin.evaluation.report.verdict import in_points, verdict
from crs_plugin.evaluation.report.weights_in_use import weights_in_use
from crs_plugin.evaluation.result import TRAINED, Interval, headline_targets

if TYPE_CHECKING:
    from jinja2 import Environment
    from markupsafe import Markup


def page(report: RunReport, drawn: Sheets) -> str:
    """Return the HTML of a report: all styles and images are inside, nothing is fetched."""
    return (
        environment()
        .get_template("report.html.jinja")
        .render(
            report=report,
            drawn=drawn,
            verdict=verdict(report),
            headline=headline_targets(report.results),
            references=_references(report),
            in_points=in_points,
            class_weights=weights_in_use(report.metrics),
        )
    )


def _references(report: RunReport) -> list[str]:
    """Return the names of what the encoder is compared with."""
    found = [name for r in report.results for target in r.targets for name in target.scores]
    found += [name for r in report.results for measure in r.measures for name in measure.values]
    return [name for name in dict.fromkeys(found) if name != TRAINED]


def environment() -> "Environment":
    """Return what renders pages: texts are escaped, and rates and figures have filters."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("crs_plugin.evaluation.report", "."),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(
        percent=_percent, interval=_interval, points=_points, duration=_duration, figure=_figure
    )
    return environment


def styles() -> "Markup":
    """Return the style sheet of the report, for other pages of the same look."""
    from markupsafe import Markup

    template = environment().get_template("report.html.jinja")
    return Markup("".join(template.blocks["style"](template.new_context())))


def _percent(rate: float) -> str:
    return f"{100 * rate:.1f}"


def _interval(interval: Interval) -> str:
    return f"{100 * interval[0]:.1f} – {100 * interval[1]:.1f}"


def _points(difference: float) -> str:
    return f"{100 * difference:+.1f}".replace("-", "−")


def _duration(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"


def _figure(drawing: Drawing) -> str:
    """Return a figure as HTML that is safe to put in: an inline SVG, or a picture as data."""
    from markupsafe import Markup, escape

    if drawing.svg is None:
        data = base64.b64encode(drawing.png or b"").decode()
        return Markup('<img alt="{}" src="data:image/png;base64,{}">').format(drawing.alt, data)
    # Lines and text take the colour of the page, so that they are legible in dark mode as well.
    svg = re.sub(re.escape(INK), "currentColor", drawing.svg, flags=re.IGNORECASE)
    svg = re.sub(r'(<svg[^>]*?) width="[^"]*"', r"\1", svg, count=1)
    svg = re.sub(r'(<svg[^>]*?) height="[^"]*"', r"\1", svg, count=1)
    described = f'<svg role="img" aria-label="{escape(drawing.alt)}"'
    return Markup(svg.replace("<svg", described, 1))  # matplotlib escapes the texts it writes
