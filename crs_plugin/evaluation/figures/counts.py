"""How many images of each expression a data set has."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from crs_plugin.evaluation.figures.drawing import Drawing, as_csv, as_svg
from crs_plugin.evaluation.figures.look import PALETTE, new_figure, plain_style

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_Counts = Mapping[str, Mapping[str, int]]


def data_counts(name: str, data: str, counts: _Counts) -> Drawing:
    """Draw the number of images by expression, divided by split.

    Args:
        name: File name without suffix.
        data: Name of the data set.
        counts: Split → expression → number, as ``FaceDataset.counts`` gives it.
    """
    labels = _labels(counts)
    with plain_style():
        figure, axes = new_figure(4.0, _height(counts))
        totals = _draw(axes, counts)
        if len(counts) > 1:
            figure.legend(loc="outside upper right", ncols=len(counts), fontsize=7.5)
        svg = as_svg(figure, name)
    described = ", ".join(f"{label} {total:,}" for label, total in zip(labels, totals, strict=True))
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


def counts_picture(file: Path, datasets: Mapping[str, _Counts]) -> None:
    """Draw the images of several data sets, one below the other, into a file of its own.

    Args:
        file: The file, ``.svg``, ``.png`` or ``.jpg``.
        datasets: Name of a data set → split → expression → number.
    """
    import matplotlib
    from matplotlib.figure import Figure

    heights = [_height(counts) for counts in datasets.values()]
    with plain_style(), matplotlib.rc_context({"svg.hashsalt": "counts"}):
        figure = Figure(figsize=(6.0, sum(heights)), layout="constrained")
        rows = figure.subplots(len(datasets), squeeze=False, height_ratios=heights)[:, 0]
        for axes, (name, counts) in zip(rows, datasets.items(), strict=True):
            _draw(axes, counts)
            axes.set_title(name, loc="left", fontsize=9)
            if len(counts) > 1:
                axes.legend(
                    loc="lower right", bbox_to_anchor=(1, 1), ncols=len(counts), fontsize=7.5
                )
        undated = {"Date": None} if file.suffix.lower() == ".svg" else None
        figure.savefig(file, dpi=200, metadata=undated)


def _labels(counts: _Counts) -> list[str]:
    return list(dict.fromkeys(label for row in counts.values() for label in row))


def _height(counts: _Counts) -> float:
    return 0.9 + 0.24 * len(_labels(counts))


def _draw(axes: "Axes", counts: _Counts) -> list[int]:
    """Draw a bar for each label, and return how long they are."""
    labels = _labels(counts)
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
    return left
