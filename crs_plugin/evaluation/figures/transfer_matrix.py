"""How far a classifier gets on the data of others: a matrix of data sets."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from crs_plugin.evaluation.figures.drawing import Drawing, as_csv, as_svg
from crs_plugin.evaluation.figures.look import new_figure, plain_style
from crs_plugin.evaluation.result import Target

_MOST_LETTERS = 18


def transfer_matrix(
    name: str, encoder: str, sets: Sequence[str], targets: Mapping[tuple[int, int], Target]
) -> Drawing:
    """Draw the UAR of one encoder for every pair of data sets, in per cent.

    Args:
        name: File name without suffix.
        encoder: Name of the encoder.
        sets: Names of the K data sets.
        targets: (trained on, tested on) → target, by place in ``sets``; a pair may be missing.
    """
    side = len(sets)
    percent = np.full((side, side), np.nan)
    for place, target in targets.items():
        percent[place] = 100 * target.scores[encoder].uar
    labels = [_on_two_lines(label) for label in sets]
    with plain_style():
        figure, axes = new_figure(4.2, 1.4 + 0.55 * side)
        axes.imshow(percent, cmap="Blues", vmin=0, vmax=100, aspect="auto")
        for row, column in np.ndindex(side, side):
            target_here = targets.get((row, column))
            if target_here is None:
                axes.text(column, row, "–", ha="center", va="center")
                continue
            axes.text(
                column,
                row,
                f"{percent[row, column]:.1f}\n{len(target_here.class_names)} classes",
                ha="center",
                va="center",
                color="white" if percent[row, column] > 55 else "#10243a",
                fontsize=8 if side <= 4 else 6,
            )
        leaning: dict[str, Any] = {"rotation": 30, "ha": "right", "rotation_mode": "anchor"}
        axes.set_xticks(range(side), labels, **(leaning if side > 2 else {}))
        axes.set_yticks(range(side), labels)
        axes.tick_params(length=0)
        axes.spines[:].set_visible(False)
        axes.set_xlabel("tested on")
        axes.set_ylabel("classifier trained on")
        svg = as_svg(figure, name)
    described = "; ".join(
        f"{target.title} {target.scores[encoder].uar:.1%} of {len(target.class_names)} classes"
        for target in targets.values()
    )
    return Drawing(
        name=name,
        title=f"{encoder.capitalize()}: mean recall (UAR) across data sets",
        alt=f"Mean recall of the {encoder} encoder, trained on → tested on. {described}.",
        svg=svg,
        csv=as_csv(
            ("trained_on", "tested_on", "classes", "accuracy", "uar", "uar_low", "uar_high"),
            [
                (
                    sets[row],
                    sets[column],
                    len(target.class_names),
                    target.scores[encoder].accuracy,
                    target.scores[encoder].uar,
                    *target.scores[encoder].uar_interval,
                )
                for (row, column), target in targets.items()
            ],
        ),
    )


def _on_two_lines(label: str) -> str:
    lines = label.replace(" (", "\n(", 1).split("\n")
    return "\n".join(s if len(s) <= _MOST_LETTERS else s[: _MOST_LETTERS - 1] + "…" for s in lines)
