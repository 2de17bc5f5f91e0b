"""Curves of pre-training: each term beside the value it has when embeddings collapse."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from crs_plugin.evaluation.figures.drawing import Drawing, as_csv, as_svg
from crs_plugin.evaluation.figures.file_name import file_name
from crs_plugin.evaluation.figures.look import INK, PALETTE, TRAINED_COLOUR, new_figure, plain_style

_MOST_POINTS = 200
"""Points in a curve; longer runs are averaged over neighbouring steps."""

_DASHED: dict[str, Any] = {"color": INK, "linewidth": 0.9, "linestyle": (0, (4, 3))}


def training_curves(
    rows: Sequence[Mapping[str, Any]], spread_reference: float
) -> tuple[Drawing, ...]:
    """Draw what the training wrote to ``metrics.jsonl``.

    Args:
        rows: One mapping per logged step, with ``step``, ``terms`` (name → ``value`` and
            ``collapsed``), and where present ``embedding_spread``, ``coarse_accuracy``, ``lr``.
        spread_reference: Spread of evenly spread embeddings, 1/√D.
    """
    if not rows:
        return ()
    names = dict.fromkeys(name for row in rows for name in row.get("terms", {}))
    drawings = [_term(rows, name, PALETTE[i % 7]) for i, name in enumerate(names)]
    drawings.append(
        _curve(
            "spread",
            "Spread of the embeddings",
            _series(rows, "embedding_spread"),
            references={
                "evenly spread": spread_reference,
                "collapse warning": spread_reference / 10,
            },
            from_zero=True,
        )
    )
    drawings.append(
        _curve(
            "coarse_accuracy",
            "Coarse accuracy in training",
            _series(rows, "coarse_accuracy"),
            from_zero=True,
        )
    )
    drawings.append(_curve("learning_rate", "Learning rate", _series(rows, "lr"), from_zero=True))
    return tuple(drawing for drawing in drawings if drawing is not None)


def _term(rows: Sequence[Mapping[str, Any]], name: str, colour: str) -> Drawing | None:
    steps, values, collapsed = [], [], []
    for row in rows:
        term = row.get("terms", {}).get(name, {})
        if _is_number(term.get("value")):
            steps.append(row["step"])
            values.append(float(term["value"]))
            known = _is_number(term.get("collapsed"))
            collapsed.append(float(term["collapsed"]) if known else math.nan)
    return _curve(
        file_name("term", name),
        f"Term {name}",
        (steps, values),
        beside={"collapsed": collapsed},
        colour=colour,
    )


def _series(rows: Sequence[Mapping[str, Any]], key: str) -> tuple[list[int], list[float]]:
    found = [(row["step"], float(row[key])) for row in rows if _is_number(row.get(key))]
    return [step for step, _ in found], [value for _, value in found]


def _curve(
    name: str,
    title: str,
    series: tuple[Sequence[int], Sequence[float]],
    references: Mapping[str, float] | None = None,
    *,
    beside: Mapping[str, Sequence[float]] | None = None,
    colour: str = TRAINED_COLOUR,
    from_zero: bool = False,
) -> Drawing | None:
    if not series[0]:
        return None
    steps, values = map(_thinned, series)
    levels = {label: [level] * len(steps) for label, level in (references or {}).items()}
    thinned = {label: _thinned(line) for label, line in (beside or {}).items()}
    lines = {label: line for label, line in thinned.items() if _known(line)} | levels
    marker = "o" * (len(steps) == 1)
    with plain_style():
        figure, axes = new_figure(4.0, 2.3)
        axes.plot(steps, values, color=colour, linewidth=1.6, marker=marker)
        for label, line in lines.items():
            if label in levels:
                axes.axhline(line[-1], **_DASHED)
            else:
                axes.plot(steps, line, marker=marker, **_DASHED)
            last = _known(line)[-1]
            axes.annotate(
                f"{label} {last:.3g}",
                (0.99, last),
                xycoords=("axes fraction", "data"),
                xytext=(0, 2),
                textcoords="offset points",
                ha="right",
                va="bottom",
                fontsize=7.5,
            )
        if from_zero:
            axes.set_ylim(0, max([*values, *(line[-1] for line in levels.values())]) * 1.15 or 1)
        axes.set_xlabel("step")
        svg = as_svg(figure, name)
    compared = "".join(f"; {label}: {_in_words(line)}" for label, line in lines.items())
    return Drawing(
        name=name,
        title=title,
        alt=f"{title} by step: from {values[0]:.4g} to {values[-1]:.4g}{compared}.",
        svg=svg,
        csv=as_csv(("step", name, *lines), _rows(steps, values, *lines.values())),
    )


def _rows(*columns: Sequence[float]) -> list[tuple[float | None, ...]]:
    return [
        tuple(None if math.isnan(value) else value for value in row)
        for row in zip(*columns, strict=True)
    ]


def _thinned(line: Sequence[float]) -> Sequence[float]:
    if len(line) <= _MOST_POINTS:
        return line
    return [float(np.mean(part)) for part in np.array_split(np.asarray(line), _MOST_POINTS)]


def _known(line: Sequence[float]) -> list[float]:
    return [value for value in line if not math.isnan(value)]


def _in_words(line: Sequence[float]) -> str:
    known = _known(line)
    same = known[0] == known[-1]
    return f"{known[-1]:.4g}" if same else f"from {known[0]:.4g} to {known[-1]:.4g}"


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and math.isfinite(value)
