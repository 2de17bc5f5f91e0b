"""Experiments beside one another on every target."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from crs_plugin.evaluation.figures.drawing import Drawing, as_csv, as_svg
from crs_plugin.evaluation.figures.look import (
    INK,
    MARKERS,
    PALETTE,
    RANDOM_COLOUR,
    new_figure,
    plain_style,
)
from crs_plugin.evaluation.result import RANDOM, Interval


@dataclass(frozen=True)
class Dots:
    """A rate of one experiment on one target.

    Attributes:
        mean: Over the seeds.
        values: That of each seed.
        interval: 95 % interval of a single run, or None.
    """

    mean: float
    values: tuple[float, ...]
    interval: Interval | None


def compared_targets(title: str, shown: Mapping[str, Mapping[str, Dots]]) -> Drawing:
    """Draw a rate of every experiment on every target: its mean, its seeds, or its interval.

    Args:
        title: Heading.
        shown: Target → experiment → its rate.
    """
    names = list(dict.fromkeys(name for of_target in shown.values() for name in of_target))
    with plain_style():
        figure, axes = new_figure(4.6, 0.5 + 0.2 * len(names) + 0.18 * len(shown) * len(names))
        for place, of_target in enumerate(shown.values()):
            axes.axhline(place, color=INK, linewidth=0.4, alpha=0.25)
            for number, (name, dots) in enumerate(of_target.items()):
                colour, marker = _style(name, names)
                height = place + 0.7 * ((number + 0.5) / len(of_target) - 0.5)
                if dots.interval:
                    axes.plot(dots.interval, [height] * 2, color=colour, linewidth=2.4, alpha=0.45)
                if len(dots.values) > 1:
                    heights = [height] * len(dots.values)
                    axes.plot(dots.values, heights, "|", color=colour, markersize=6, alpha=0.8)
                axes.plot(dots.mean, height, marker, color=colour, markersize=5.5)
        for name in names:
            colour, marker = _style(name, names)
            axes.plot([], [], marker, color=colour, markersize=5.5, label=name)
        axes.set_yticks(range(len(shown)), list(shown))
        axes.set_ylim(len(shown) - 0.5, -0.5)
        axes.xaxis.set_major_formatter(lambda rate, _: f"{100 * rate:.0f} %")
        axes.tick_params(axis="y", length=0)
        axes.spines["left"].set_visible(False)
        figure.legend(loc="outside upper left", ncols=1, fontsize=8, handletextpad=0.3)
        svg = as_svg(figure, "comparison")
    described = "; ".join(
        f"{target}: {', '.join(f'{name} {dots.mean:.1%}' for name, dots in of_target.items())}"
        for target, of_target in shown.items()
    )
    return Drawing(
        name="comparison",
        title=title,
        alt=f"{title}. {described}.",
        svg=svg,
        csv=as_csv(
            ("target", "experiment", "mean", "seeds"),
            [
                (target, name, dots.mean, " ".join(map(str, dots.values)))
                for target, of_target in shown.items()
                for name, dots in of_target.items()
            ],
        ),
    )


def _style(name: str, names: Sequence[str]) -> tuple[str, str]:
    if name == RANDOM:
        return RANDOM_COLOUR, "s"
    place = names.index(name)
    turn = place // len(PALETTE)  # of the colours: then they have other shapes
    return PALETTE[place % len(PALETTE)], MARKERS[(place + turn) % len(MARKERS)]
