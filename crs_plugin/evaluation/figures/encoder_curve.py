"""How a figure changes with a condition, for all encoders."""

from collections.abc import Mapping, Sequence

from crs_plugin.evaluation.figures.drawing import (
    INK,
    Drawing,
    as_csv,
    as_svg,
    encoder_style,
    new_figure,
    plain_style,
)
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
    encoders = list(curves)
    with plain_style():
        figure, axes = new_figure(4.2, 3.0)
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
        axes.set_xscale("log")
        axes.set_xticks(places, [f"{place:g}" for place in places])
        axes.minorticks_off()
        axes.set_xlabel(axis)
        axes.set_ylim(0, 1)
        axes.set_yticks([0, 0.25, 0.5, 0.75, 1], ["0", "25 %", "50 %", "75 %", "100 %"])
        figure.legend(
            loc="outside upper center", ncols=min(4, len(encoders) + 1), handletextpad=0.4
        )
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
