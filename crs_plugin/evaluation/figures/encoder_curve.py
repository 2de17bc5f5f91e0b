"""How a figure changes with a condition, for all encoders."""

from collections.abc import Mapping, Sequence

from crs_plugin.evaluation.figures.drawing import Drawing, as_csv, as_svg
from crs_plugin.evaluation.figures.look import new_figure, plain_style
from crs_plugin.evaluation.figures.rate_lines import draw_rate_lines
from crs_plugin.evaluation.result import Estimate


def encoder_curve(
    name: str,
    title: str,
    axis: str,
    places: Sequence[float],
    curves: Mapping[str, Sequence[Estimate]],
    *,
    chance: float,
) -> Drawing:
    """Draw a rate over a logarithmic axis, with its intervals as bands.

    Args:
        name: File name without suffix.
        title: Heading.
        axis: What the P places are.
        places: Above 0, ascending.
        curves: Encoder → estimate ``[P]`` of the rate, between 0 and 1.
        chance: The rate of who guesses.
    """
    with plain_style():
        figure, axes = new_figure(4.2, 3.0)
        draw_rate_lines(axes, places, curves, chance=chance)
        axes.set_xscale("log")
        axes.set_xticks(places, [f"{place:g}" for place in places])
        axes.minorticks_off()
        axes.set_xlabel(axis)
        svg = as_svg(figure, name)
    described = "; ".join(
        f"{encoder}: "
        + ", ".join(f"{e.value:.1%} at {p:g}" for p, e in zip(places, estimates, strict=True))
        for encoder, estimates in curves.items()
    )
    return Drawing(
        name=name,
        title=title,
        alt=f"{title}, with 95 % intervals and chance ({chance:.1%}). {described}.",
        svg=svg,
        csv=as_csv(
            (axis, "encoder", "value", "low", "high"),
            [
                (f"{place:g}", encoder, e.value, *(e.interval or ("", "")))
                for encoder, estimates in curves.items()
                for place, e in zip(places, estimates, strict=True)
            ],
        ),
    )
