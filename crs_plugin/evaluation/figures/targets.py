"""All targets at a glance: the trained encoder beside its references, with intervals."""

import textwrap
from collections.abc import Sequence

from crs_plugin.evaluation.figures.drawing import Drawing, as_csv, as_svg
from crs_plugin.evaluation.figures.look import (
    INK,
    PERCENT_TICKS,
    encoder_style,
    new_figure,
    plain_style,
)
from crs_plugin.evaluation.result import Target

_LETTERS_A_LINE = 26


def targets(shown: Sequence[Target]) -> Drawing:
    """Draw the UAR of every target for all encoders, with 95 % intervals and chance."""
    encoders = list(dict.fromkeys(name for target in shown for name in target.scores))
    with plain_style():
        figure, axes = new_figure(4.6, 0.8 + (0.2 + 0.13 * len(encoders)) * len(shown))
        for place, target in enumerate(shown):
            axes.axhline(place, color=INK, linewidth=0.4, alpha=0.25)
            classes = sum(recall is not None for recall in target.trained.per_class_recall)
            axes.plot([1 / classes] * 2, [place - 0.3, place + 0.3], color=INK, linewidth=0.9)
            for name, scores in target.scores.items():
                colour, marker = encoder_style(name, encoders)
                height = place + 0.56 * (encoders.index(name) + 0.5) / len(encoders) - 0.28
                interval = scores.uar_interval
                axes.plot(interval, [height] * 2, color=colour, linewidth=2.6, alpha=0.45)
                axes.plot(scores.uar, height, marker, color=colour, markersize=6)
        for name in encoders:
            colour, marker = encoder_style(name, encoders)
            axes.plot([], [], marker, color=colour, markersize=6, label=name)
        axes.plot([], [], "|", color=INK, markersize=9, label="chance")
        titles = [textwrap.fill(target.title, _LETTERS_A_LINE) for target in shown]
        axes.set_yticks(range(len(shown)), titles)
        axes.set_ylim(len(shown) - 0.5, -0.5)
        axes.set_xlim(0, 1)
        axes.set_xticks(*PERCENT_TICKS)
        axes.tick_params(axis="y", length=0)
        axes.spines["left"].set_visible(False)
        figure.legend(
            loc="outside upper center",
            ncols=min(4, len(encoders) + 1),
            fontsize=8,
            handletextpad=0.3,
        )
        svg = as_svg(figure, "targets")
    described = "; ".join(
        f"{target.title}: {', '.join(f'{name} {s.uar:.1%}' for name, s in target.scores.items())}"
        for target in shown
    )
    return Drawing(
        name="targets",
        title="Mean recall (UAR) of every target",
        alt=f"Mean recall with 95 % intervals. {described}.",
        svg=svg,
        csv=as_csv(
            ("target", "encoder", "accuracy", "uar", "uar_low", "uar_high", "macro_f1"),
            [
                (target.title, name, s.accuracy, s.uar, *s.uar_interval, s.macro_f1)
                for target in shown
                for name, s in target.scores.items()
            ],
        ),
    )
