"""Coarse against fine: how much of the features' variance tells which classes apart."""

from collections.abc import Mapping

from crs_plugin.evaluation.figures.drawing import Drawing, as_csv, as_svg
from crs_plugin.evaluation.figures.look import encoder_style, new_figure, plain_style
from crs_plugin.evaluation.result import Estimate


def separation(
    name: str, coarse: Mapping[str, Estimate], within: Mapping[str, Estimate]
) -> Drawing:
    """Draw every encoder as a point: right is good at coarse classes, up at what is inside them.

    Args:
        name: File name without suffix.
        coarse: Encoder → share of the variance between coarse classes.
        within: Encoder → share of it between the expressions of one coarse class.
    """
    encoders = list(coarse)
    with plain_style():
        figure, axes = new_figure(4.2, 3.0)
        for encoder in encoders:
            colour, marker = encoder_style(encoder, encoders)
            x, y = (100 * side[encoder].value for side in (coarse, within))
            across, up = ([100 * v for v in _ends(side[encoder])] for side in (coarse, within))
            axes.plot(across, [y, y], color=colour, linewidth=2.2, alpha=0.45)
            axes.plot([x, x], up, color=colour, linewidth=2.2, alpha=0.45)
            axes.plot(x, y, marker, color=colour, markersize=7, label=encoder)
        axes.set_xlabel("between coarse classes, % of the variance")
        axes.set_ylabel("between expressions of one\ncoarse class, % of the variance")
        axes.set_xlim(left=min(0, axes.get_xlim()[0]))
        axes.set_ylim(bottom=min(0, axes.get_ylim()[0]))
        figure.legend(loc="outside upper center", ncols=min(4, len(encoders)), fontsize=8)
        svg = as_svg(figure, name)
    described = "; ".join(
        f"{encoder}: {coarse[encoder].value:.1%} between coarse classes,"
        f" {within[encoder].value:.1%} between expressions of one"
        for encoder in encoders
    )
    return Drawing(
        name=name,
        title="What the features tell apart: coarse classes, and expressions within them",
        alt=f"Shares of the variance. {described}.",
        svg=svg,
        csv=as_csv(
            (
                "encoder",
                "coarse",
                "coarse_low",
                "coarse_high",
                "within",
                "within_low",
                "within_high",
            ),
            [
                (
                    encoder,
                    *(coarse[encoder].value, *_ends(coarse[encoder])),
                    *(within[encoder].value, *_ends(within[encoder])),
                )
                for encoder in encoders
            ],
        ),
    )


def _ends(estimate: Estimate) -> tuple[float, float]:
    return estimate.interval or (estimate.value, estimate.value)
