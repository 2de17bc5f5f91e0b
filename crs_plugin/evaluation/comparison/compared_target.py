"""Experiments side by side on one target, with their differences from one of them."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from crs_plugin.evaluation.comparison.differences import Differences, differences
from crs_plugin.evaluation.comparison.experiments import Experiment
from crs_plugin.evaluation.comparison.figure import Figure
from crs_plugin.evaluation.comparison.finished_report import Key, TargetOfRun
from crs_plugin.evaluation.comparison.words import in_words
from crs_plugin.evaluation.result import TRAINED

RATES = ("accuracy", "uar", "macro_f1")


@dataclass(frozen=True)
class ComparedRow:
    """An experiment on one target.

    Attributes:
        name: Name of the experiment, or of a reference.
        rates: ``accuracy``, ``uar`` and ``macro_f1``.
        differences: The experiment minus that which others are compared with; None for the latter,
            for a reference, and where none can be computed.
        words: What the differences say, or why there are none; empty where nothing is compared.
        reference: Whether this is a reference of the experiment that others are compared with.
    """

    name: str
    rates: Mapping[str, Figure]
    differences: Differences | None = None
    words: str = ""
    reference: bool = False

    def to_json(self) -> dict[str, Any]:
        """Return the row as plain values."""
        return {
            "name": self.name,
            "reference": self.reference,
            **{rate: self.rates[rate].to_json() for rate in RATES},
            "differences": asdict(self.differences) if self.differences else None,
            "words": self.words,
        }


@dataclass(frozen=True)
class ComparedTarget:
    """One target for all experiments that were tested on it.

    Attributes:
        title: Its name, unique among the targets of a comparison.
        test_data: What it was tested on, by the first experiment's words.
        headline: Whether it counts in the verdicts; differences are made of these only.
        rows: The experiments.
    """

    title: str
    test_data: str
    headline: bool
    rows: tuple[ComparedRow, ...]

    def to_json(self) -> dict[str, Any]:
        """Return the target as plain values."""
        return {
            "title": self.title,
            "test_data": self.test_data,
            "headline": self.headline,
            "rows": [row.to_json() for row in self.rows],
        }


def compared_target(
    title: str, key: Key, base: Experiment, ordered: Sequence[Experiment]
) -> ComparedTarget:
    """Put all experiments that were tested on a target side by side.

    Args:
        title: Its name.
        key: What tells the target from others; one experiment at least has it.
        base: The experiment that the others are compared with.
        ordered: All experiments, ``base`` first.

    Raises:
        InputError: If predictions are missing or damaged.
    """
    of = {e.name: [run.targets[key] for run in e.runs if key in run.targets] for e in ordered}
    first = next(targets[0] for targets in of.values() if targets)
    rows = []
    for experiment in ordered:
        targets = of[experiment.name]
        if not targets:
            continue
        made, words = None, ""
        if experiment is not base and first.headline:
            made, why = _differences(targets, of[base.name])
            words = in_words(experiment.name, base.name, title, made, why)
        rows.append(ComparedRow(experiment.name, _rates(targets, TRAINED), made, words))
    for name in of[base.name][0].scores if of[base.name] else ():
        if name != TRAINED and all(name in target.scores for target in of[base.name]):
            rows.append(ComparedRow(name, _rates(of[base.name], name), reference=True))
    return ComparedTarget(title, first.test_data, first.headline, tuple(rows))


def _rates(targets: Sequence[TargetOfRun], encoder: str) -> dict[str, Figure]:
    scores = [target.scores[encoder] for target in targets]
    return {
        rate: Figure.of([s[rate] for s in scores], [s.get(f"{rate}_interval") for s in scores])
        for rate in RATES
    }


def _differences(
    ours: Sequence[TargetOfRun], theirs: Sequence[TargetOfRun]
) -> tuple[Differences | None, str]:
    """Return the differences, or why there are none."""
    if not theirs:
        return None, "the latter was not tested on it"
    tested = [target.test_images() for target in (*ours, *theirs)]
    first = tested[0]
    sizes = sorted({len(other.images) for other in tested})
    if len(sizes) > 1:
        counts = " and ".join(f"{size:,}" for size in sizes)
        return None, f"they were not tested on the same images ({counts} of them)"
    if any((o.images, o.truth) != (first.images, first.truth) for o in tested):
        return None, "they were not tested on the same images, or these are labelled differently"
    names = list(dict.fromkeys(name for target in (*ours, *theirs) for name in target.class_names))
    predicted = np.stack([_ids(other.predicted, names) for other in tested])
    made = differences(
        _ids(first.truth, names),
        predicted[: len(ours)],
        predicted[len(ours) :],
        len(names),
        subject=first.subject,
    )
    return made, ""


def _ids(labels: Sequence[str], names: Sequence[str]) -> NDArray[np.int64]:
    number = {name: index for index, name in enumerate(names)}
    return np.array([number[label] for label in labels], dtype=np.int64)
