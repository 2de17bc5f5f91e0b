"""How recognition falls as pictures get worse."""

from collections.abc import Sequence

from crs_plugin.evaluation.figures.drawing import (
    INK,
    Drawing,
    as_csv,
    as_svg,
    encoder_style,
    new_figure,
    plain_style,
)
from crs_plugin.evaluation.result import Target


def severity_curve(
    name: str, title: str, unit: str, strengths: Sequence[float], targets: Sequence[Target]
) -> Drawing:
    """Draw the UAR by severity for all encoders, with 95 % intervals and chance.

    Args:
        name: File name without suffix.
        title: Heading.
        unit: What the strengths are.
        strengths: Strength of each severity.
        targets: The clean images, then each severity.
    """
    encoders = list(targets[0].scores)
    places = range(len(targets))
    chance = 1 / sum(recall is not None for recall in targets[0].trained.per_class_recall)
    with plain_style():
        figure, axes = new_figure(4.2, 2.6)
        for encoder in encoders:
            colour, marker = encoder_style(encoder, encoders)
            scores = [target.scores[encoder] for target in targets]
            low, high = zip(*(s.uar_interval for s in scores), strict=True)
            axes.fill_between(places, low, high, color=colour, alpha=0.2, linewidth=0)
            axes.plot(
                places,
                [s.uar for s in scores],
                color=colour,
                marker=marker,
                markersize=4.5,
                linewidth=1.6,
                label=encoder,
            )
        axes.axhline(chance, color=INK, linewidth=0.9, linestyle=(0, (4, 3)), label="chance")
        axes.set_xticks(places, ["clean", *(f"{strength:g}" for strength in strengths)])
        axes.set_xlabel(unit)
        axes.set_ylabel("UAR")
        axes.set_ylim(0, 1)
        axes.set_yticks([0, 0.25, 0.5, 0.75, 1], ["0", "25 %", "50 %", "75 %", "100 %"])
        figure.legend(
            loc="outside upper center", ncols=min(4, len(encoders) + 1), fontsize=8, columnspacing=1
        )
        svg = as_svg(figure, name)
    described = "; ".join(
        f"{encoder} from {targets[0].scores[encoder].uar:.1%} to"
        f" {targets[-1].scores[encoder].uar:.1%}"
        for encoder in encoders
    )
    return Drawing(
        name=name,
        title=title,
        alt=f"Mean recall by {unit}. {described}.",
        svg=svg,
        csv=as_csv(
            ("severity", "strength", "encoder", "accuracy", "uar", "uar_low", "uar_high"),
            [
                (severity, strength, encoder, s.accuracy, s.uar, *s.uar_interval)
                for severity, (strength, target) in enumerate(
                    zip(("", *strengths), targets, strict=True)
                )
                for encoder, s in target.scores.items()
            ],
        ),
    )
