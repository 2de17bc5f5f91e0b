"""Lines of a rate, one for each encoder, with their intervals as bands."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from crs_plugin.evaluation.figures.look import INK, PERCENT_TICKS, encoder_style
from crs_plugin.evaluation.result import Estimate

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def draw_rate_lines(
    axes: "Axes",
    places: Sequence[float],
    curves: Mapping[str, Sequence[Estimate]],
    *,
    chance: float,
) -> None:
    """Draw the lines, chance among them, a vertical axis in per cent, and a legend above.

    Args:
        axes: Where.
        places: Where the P points of a line stand.
        curves: Encoder → estimate ``[P]`` of the rate, between 0 and 1.
        chance: The rate of who guesses.
    """
    encoders = list(curves)
    for encoder, estimates in curves.items():
        colour, marker = encoder_style(encoder, encoders)
        low, high = zip(*(e.interval or (e.value, e.value) for e in estimates), strict=True)
        axes.fill_between(places, low, high, color=colour, alpha=0.18, linewidth=0)
        axes.plot(
            places,
            [e.value for e in estimates],
            color=colour,
            marker=marker,
            markersize=5,
            linewidth=1.6,
            label=encoder,
        )
    axes.axhline(chance, color=INK, linewidth=0.9, linestyle=(0, (4, 3)), label="chance")
    axes.set_ylim(0, 1)
    axes.set_yticks(*PERCENT_TICKS)
    axes.figure.legend(
        loc="outside upper center", ncols=min(4, len(encoders) + 1), handletextpad=0.4
    )
