"""How well each class is recognised, encoder by encoder."""

from collections.abc import Mapping, Sequence

from crs_plugin.evaluation.figures.drawing import Drawing, as_csv, as_svg
from crs_plugin.evaluation.figures.look import (
    INK,
    PERCENT_TICKS,
    encoder_style,
    new_figure,
    plain_style,
)
from crs_plugin.evaluation.result import Estimate


def class_recalls(
    name: str,
    title: str,
    recalls: Mapping[str, Sequence[Estimate | None]],
    class_names: Sequence[str],
    marked: Sequence[bool],
    mark: str,
) -> Drawing:
    """Draw the recall of every class for all encoders, with 95 % intervals.

    Args:
        name: File name without suffix.
        title: Heading.
        recalls: Encoder → recall of each class; None where the test set has no image of it.
        class_names: The C classes.
        marked: Which classes are set apart, above the others.
        mark: What is said of these.
    """
    encoders = list(recalls)
    order = sorted(range(len(class_names)), key=lambda i: not marked[i])
    with plain_style():
        figure, axes = new_figure(4.6, 0.9 + (0.16 + 0.1 * len(encoders)) * len(order))
        for place, index in enumerate(order):
            axes.axhline(place, color=INK, linewidth=0.4, alpha=0.25)
            for number, encoder in enumerate(encoders):
                colour, marker = encoder_style(encoder, encoders)
                height = place + 0.6 * (number + 0.5) / len(encoders) - 0.3
                recall = recalls[encoder][index]
                if recall is None:
                    continue
                if recall.interval:
                    axes.plot(recall.interval, [height] * 2, color=colour, lw=2.4, alpha=0.45)
                axes.plot(recall.value, height, marker, color=colour, markersize=5)
        for encoder in encoders:
            colour, marker = encoder_style(encoder, encoders)
            axes.plot([], [], marker, color=colour, markersize=6, label=encoder)
        if any(marked) and not all(marked):
            axes.axhline(sum(marked) - 0.5, color=INK, linewidth=1.2)
        labels = [f"{class_names[i]}\n({mark})" if marked[i] else class_names[i] for i in order]
        axes.set_yticks(range(len(order)), labels)
        axes.set_ylim(len(order) - 0.5, -0.5)
        axes.set_xlim(0, 1)
        axes.set_xticks(*PERCENT_TICKS)
        axes.set_xlabel("recall")
        axes.tick_params(axis="y", length=0)
        axes.spines["left"].set_visible(False)
        figure.legend(loc="outside upper center", ncols=min(4, len(encoders)), fontsize=8)
        svg = as_svg(figure, name)
    described = "; ".join(
        f"{class_names[i]}{f' ({mark})' * marked[i]}: {_in_words(recalls, i)}" for i in order
    )
    return Drawing(
        name=name,
        title=title,
        alt=f"Recall of every class. {described}.",
        svg=svg,
        csv=as_csv(
            ("class", mark.replace(" ", "_"), "encoder", "recall", "low", "high"),
            [
                (class_names[i], int(marked[i]), encoder, r.value, *(r.interval or ("", "")))
                for i in order
                for encoder in encoders
                if (r := recalls[encoder][i])
            ],
        ),
    )


def _in_words(recalls: Mapping[str, Sequence[Estimate | None]], index: int) -> str:
    found = {encoder: of_class[index] for encoder, of_class in recalls.items()}
    return ", ".join(f"{encoder} {r.value:.0%}" for encoder, r in found.items() if r)
