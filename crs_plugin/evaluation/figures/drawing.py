"""A finished figure, and the look that all figures share."""

import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from crs_plugin.evaluation.result import RANDOM, TRAINED

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from PIL.Image import Image

INK = "#22262b"
"""Colour of text and lines. In a page it is replaced by that of the page's text."""

TRAINED_COLOUR = "#0b78c2"
RANDOM_COLOUR = "#8c929a"
"""Colours of the trained and of the random encoder: told apart by brightness as well as by hue."""

REFERENCE_COLOURS = ("#e69f00", "#009e73", "#cc79a7", "#d55e00", "#a89a00")
"""Colours of further references, in order."""

PALETTE = (
    "#0b78c2",
    "#e69f00",
    "#009e73",
    "#cc79a7",
    "#d55e00",
    "#56b4e9",
    "#a89a00",
    "#8c929a",
)
"""Okabe and Ito's colours, which colour-blind people can tell apart, made legible on black too."""

MARKERS = "osD^vPX*"
"""Goes with the palette: beyond eight classes, colours return with another shape."""

PERCENT_TICKS = (0, 0.25, 0.5, 0.75, 1), ("0", "25 %", "50 %", "75 %", "100 %")
"""Places and labels of ticks along an axis of rates."""


@dataclass(frozen=True)
class Drawing:
    """A figure as files.

    Attributes:
        name: File name without suffix.
        title: Heading.
        alt: What the figure shows, in words.
        svg: The figure as vector graphics, without background; or None.
        png: The figure as pixels; or None.
        csv: Its numbers as a table; or None.
    """

    name: str
    title: str
    alt: str
    svg: str | None = None
    png: bytes | None = None
    csv: str | None = None


@contextmanager
def plain_style() -> Iterator[None]:
    """Within, figures have the report's look; matplotlib's settings return at the end."""
    import matplotlib

    settings: dict[str, object] = {
        "axes.edgecolor": INK,
        "axes.labelcolor": INK,
        "axes.linewidth": 0.6,
        "axes.spines.right": False,
        "axes.spines.top": False,
        "font.family": "sans-serif",
        "font.size": 8.5,
        "legend.frameon": False,
        "svg.fonttype": "none",
        "text.color": INK,
        "text.parse_math": False,
        "xtick.color": INK,
        "ytick.color": INK,
    }
    with matplotlib.rc_context(settings):  # type: ignore[arg-type]
        yield


def encoder_style(encoder: str, encoders: Sequence[str]) -> tuple[str, str]:
    """Return colour and marker of an encoder, the same in all figures of a report.

    Args:
        encoder: Its name.
        encoders: All of them, in the order of the results.
    """
    fixed = {TRAINED: (TRAINED_COLOUR, "o"), RANDOM: (RANDOM_COLOUR, "s")}
    if encoder in fixed:
        return fixed[encoder]
    place = [name for name in encoders if name not in fixed].index(encoder)
    return REFERENCE_COLOURS[place % len(REFERENCE_COLOURS)], "D^vPX"[place % 5]


def new_figure(width: float, height: float) -> "tuple[Figure, Axes]":
    """Return a figure of a size in inches with one pair of axes, known to no global state.

    Four inches fill a phone's width, at the size of text that the style sets.
    """
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height), layout="constrained")
    return figure, figure.add_subplot()


def as_svg(figure: "Figure", name: str) -> str:
    """Return the figure as an ``<svg>`` element that names no address on the network."""
    import matplotlib

    buffer = io.StringIO()
    with matplotlib.rc_context({"svg.hashsalt": name}):  # ids stay apart on one page
        figure.savefig(buffer, format="svg", transparent=True, dpi=200, metadata={"Date": None})
    svg = buffer.getvalue()
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r"<metadata>.*?</metadata>", "", svg, flags=re.DOTALL)
    return re.sub(r' xmlns(:\w+)?="[^"]*"', "", svg).strip()


def as_png(picture: "Image") -> bytes:
    """Return a picture as the content of a PNG file."""
    buffer = io.BytesIO()
    picture.save(buffer, "PNG")
    return buffer.getvalue()


def as_csv(header: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Return a table as text with comma-separated values."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    return buffer.getvalue()
