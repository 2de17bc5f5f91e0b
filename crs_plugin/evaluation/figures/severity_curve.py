"""How recognition falls as pictures get worse."""

from collections.abc import Sequence

from crs_plugin.evaluation.figures.drawing import Drawing, as_csv, as_svg
from crs_plugin.evaluation.figures.look import new_figure, plain_style
from crs_plugin.evaluation.figures.rate_lines import draw_rate_lines
from crs_plugin.evaluation.result import Estimate, Target


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
    curves = {
        encoder: [Estimate(s.uar, s.uar_interval) for s in (t.scores[encoder] for t in targets)]
        for encoder in targets[0].scores
    }
    places = range(len(targets))
    chance = 1 / sum(recall is not None for recall in targets[0].trained.per_class_recall)
    with plain_style():
        figure, axes = new_figure(4.2, 2.6)
        draw_rate_lines(axes, places, curves, chance=chance)
        axes.set_xticks(places, ["clean", *(f"{strength:g}" for strength in strengths)])
        axes.set_xlabel(unit)
        axes.set_ylabel("UAR")
        svg = as_svg(figure, name)
    described = "; ".join(
        f"{encoder} from {estimates[0].value:.1%} to {estimates[-1].value:.1%}"
        for encoder, estimates in curves.items()
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
