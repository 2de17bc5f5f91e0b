"""A confusion matrix."""

import numpy as np

from crs_plugin.evaluation.figures.drawing import Drawing, as_csv, as_svg
from crs_plugin.evaluation.figures.look import new_figure, plain_style
from crs_plugin.evaluation.result import Scores

_MOST_LETTERS = 20


def confusion_matrix(
    name: str, title: str, scores: Scores, class_names: tuple[str, ...]
) -> Drawing:
    """Draw which class is taken for which, in per cent of the true class (rows).

    Args:
        name: File name without suffix.
        title: Heading.
        scores: Of one encoder on one target.
        class_names: The C classes.
    """
    counts = np.array(scores.confusion)
    of_class = counts.sum(1, keepdims=True)
    percent = np.divide(100 * counts, of_class, out=np.zeros(counts.shape), where=of_class > 0)
    labels = [_shortened(label) for label in class_names]
    side = len(class_names)
    with plain_style():
        figure, axes = new_figure(4.0, 3.0 + 0.12 * max(0, side - 4))
        axes.imshow(percent, cmap="Blues", vmin=0, vmax=100, aspect="auto")
        for row, column in np.ndindex(side, side):
            if counts[row, column]:
                axes.text(
                    column,
                    row,
                    f"{percent[row, column]:.0f}",
                    ha="center",
                    va="center",
                    color="white" if percent[row, column] > 55 else "#10243a",
                    fontsize=7.5 if side <= 8 else 6.5,
                )
        axes.set_xticks(
            range(side),
            labels,
            rotation=40 if side <= 8 else 90,
            ha="right",
            va="top" if side <= 8 else "center",
            rotation_mode="anchor",
        )
        axes.set_yticks(
            range(side),
            [f"{label} ({n:,})" for label, n in zip(labels, of_class[:, 0], strict=True)],
        )
        axes.tick_params(length=0)
        axes.spines[:].set_visible(False)
        axes.set_xlabel("predicted")
        axes.set_ylabel("true (images)")
        svg = as_svg(figure, name)
    recalls = ", ".join(
        f"{label} {recall:.0%}"
        for label, recall in zip(class_names, scores.per_class_recall, strict=True)
        if recall is not None
    )
    return Drawing(
        name=name,
        title=title,
        alt=f"Confusion matrix, {title}. Recognised: {recalls}.",
        svg=svg,
        csv=as_csv(
            ("true \\ predicted", *class_names),
            [(label, *row) for label, row in zip(class_names, counts.tolist(), strict=True)],
        ),
    )


def _shortened(label: str) -> str:
    return label if len(label) <= _MOST_LETTERS else label[: _MOST_LETTERS - 1] + "…"
