"""How many images of each expression a data set has."""

from collections.abc import Mapping

from crs_plugin.evaluation.figures.drawing import (
    PALETTE,
    Drawing,
    as_csv,
    as_svg,
    new_figure,
    plain_style,
)


def data_counts(name: str, data: str, counts: Mapping[str, Mapping[str, int]]) -> Drawing:
    """Draw the number of images by expression, divided by split.

    Args:
        name: File name without suffix.
        data: Name of the data set.
        counts: Split → expression → number, as ``FaceDataset.counts`` gives it.
    """
    labels = list(dict.fromkeys(label for row in counts.values() for label in row))
    with plain_style():
        figure, axes = new_figure(4.0, 0.9 + 0.24 * len(labels))
        left = [0] * len(labels)
        for number, (split, row) in enumerate(counts.items()):
            widths = [row.get(label, 0) for label in labels]
            axes.barh(labels, widths, 0.68, left, color=PALETTE[number], label=split)
            left = [a + b for a, b in zip(left, widths, strict=True)]
        for place, total in enumerate(left):
            axes.annotate(
                f"{total:,}",
                (total, place),
                xytext=(3, 0),
                textcoords="offset points",
                va="center",
                fontsize=7.5,
            )
        axes.set_xlim(0, max(left, default=0) * 1.15 or 1)
        axes.invert_yaxis()
        axes.tick_params(axis="y", length=0)
        axes.set_xticks([])
        axes.spines["bottom"].set_visible(False)
        if len(counts) > 1:
            figure.legend(loc="outside upper right", ncols=len(counts), fontsize=7.5)
        svg = as_svg(figure, name)
    described = ", ".join(f"{label} {total:,}" for label, total in zip(labels, left, strict=True))
    return Drawing(
        name=name,
        title=data,
        alt=f"Images of {data} by expression: {described}.",
        svg=svg,
        csv=as_csv(
            ("split", *labels),
            [(split, *(row.get(label, 0) for label in labels)) for split, row in counts.items()],
        ),
    )
