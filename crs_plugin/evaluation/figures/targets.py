"""All targets at a glance: the trained encoder beside the random one, with intervals."""

from collections.abc import Sequence

from crs_plugin.evaluation.figures.drawing import (
    INK,
    RANDOM,
    TRAINED,
    Drawing,
    as_csv,
    as_svg,
    new_figure,
    plain_style,
)
from crs_plugin.evaluation.result import EvaluationResult


def targets(results: Sequence[EvaluationResult]) -> Drawing:
    """Draw the UAR of every target for both encoders, with 95 % intervals and chance."""
    with plain_style():
        figure, axes = new_figure(4.6, 0.8 + 0.46 * len(results))
        for place, result in enumerate(results):
            axes.axhline(place, color=INK, linewidth=0.4, alpha=0.25)
            classes = sum(recall is not None for recall in result.trained.per_class_recall)
            axes.plot([1 / classes] * 2, [place - 0.3, place + 0.3], color=INK, linewidth=0.9)
            for scores, colour, marker, label, lift in (
                (result.random, RANDOM, "s", "random encoder", 0.13),
                (result.trained, TRAINED, "o", "trained encoder", -0.13),
            ):
                low, high = scores.uar_interval
                axes.plot([low, high], [place + lift] * 2, color=colour, linewidth=2.6, alpha=0.45)
                axes.plot(
                    scores.uar,
                    place + lift,
                    marker,
                    color=colour,
                    markersize=6.5,
                    label=label if place == 0 else None,
                )
        axes.plot([], [], "|", color=INK, markersize=9, label="chance")
        axes.set_yticks(range(len(results)), [result.title for result in results])
        axes.set_ylim(len(results) - 0.5, -0.5)
        axes.set_xlim(0, 1)
        axes.set_xticks([0, 0.25, 0.5, 0.75, 1], ["0", "25 %", "50 %", "75 %", "100 %"])
        axes.tick_params(axis="y", length=0)
        axes.spines["left"].set_visible(False)
        figure.legend(loc="outside upper center", ncols=3, fontsize=8, handletextpad=0.3)
        svg = as_svg(figure, "targets")
    described = "; ".join(
        f"{r.title}: trained {r.trained.uar:.1%}, random {r.random.uar:.1%}" for r in results
    )
    return Drawing(
        name="targets",
        title="Mean recall (UAR) of every target",
        alt=f"Mean recall with 95 % intervals. {described}.",
        svg=svg,
        csv=as_csv(
            ("target", "encoder", "accuracy", "uar", "uar_low", "uar_high", "macro_f1"),
            [
                (r.title, name, s.accuracy, s.uar, *s.uar_interval, s.macro_f1)
                for r in results
                for name, s in (("trained", r.trained), ("random", r.random))
            ],
        ),
    )
