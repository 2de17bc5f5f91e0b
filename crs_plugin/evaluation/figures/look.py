"""The look that all figures share: colours, style, size."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from crs_plugin.evaluation.result import RANDOM, TRAINED

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

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
