"""Experiments side by side on every target, with their differences from one of them."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from crs_plugin.errors import InputError
from crs_plugin.evaluation.comparison.differences import Differences, differences
from crs_plugin.evaluation.comparison.experiments import Experiment, experiments
from crs_plugin.evaluation.comparison.finished_report import FinishedReport, Key, TargetOfRun
from crs_plugin.evaluation.comparison.words import in_words
from crs_plugin.evaluation.result import TRAINED, Interval

VERSION = 1
"""Of ``Comparison.to_json``; raised when a key changes its meaning or goes away."""

RATES = ("accuracy", "uar", "macro_f1")


@dataclass(frozen=True)
class Figure:
    """A figure of an experiment.

    Attributes:
        values: That of each seed.
        interval: 95 % interval of a single run, as its report has it; None with several seeds.
    """

    values: tuple[float, ...]
    interval: Interval | None = None

    @property
    def mean(self) -> float:
        """Mean over the seeds."""
        return float(np.mean(self.values))

    @property
    def deviation(self) -> float | None:
        """Standard deviation over the seeds (of the sample); None of a single one."""
        return float(np.std(self.values, ddof=1)) if len(self.values) > 1 else None

    def to_json(self) -> dict[str, Any]:
        """Return the figure as plain values."""
        return {"mean": self.mean, "deviation": self.deviation, **asdict(self)}


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


@dataclass(frozen=True)
class ComparedTarget:
    """One target for all experiments that were tested on it.

    Attributes:
        title: Its name, unique here.
        test_data: What it was tested on, by the first experiment's words.
        headline: Whether it counts in the verdicts; differences are made of these only.
        rows: The experiments.
    """

    title: str
    test_data: str
    headline: bool
    rows: tuple[ComparedRow, ...]


@dataclass(frozen=True)
class ComparedMeasure:
    """One measure for all experiments that have it.

    Attributes:
        title: Its name.
        better: ``higher``, ``lower`` or ``neither``.
        rate: Whether it lies between 0 and 1.
        figures: Experiment → figure.
    """

    title: str
    better: str
    rate: bool
    figures: Mapping[str, Figure]


@dataclass(frozen=True)
class Comparison:
    """Experiments side by side.

    Attributes:
        against: Name of the experiment that the others are compared with.
        experiments: All of them.
        targets: Classes told apart.
        measures: Other figures.
        incomplete: Runs whose reports lack evaluations.
    """

    against: str
    experiments: tuple[Experiment, ...]
    targets: tuple[ComparedTarget, ...]
    measures: tuple[ComparedMeasure, ...]
    incomplete: tuple[str, ...] = field(default=())

    @classmethod
    def of(
        cls, reports: Sequence[FinishedReport], against: FinishedReport | None = None
    ) -> "Comparison":
        """Compare runs.

        Args:
            reports: The runs; those that differ only in their seed are one experiment.
            against: The run whose experiment the others are compared with; by default the first.

        Raises:
            InputError: If there is no run, two runs are the same, or predictions are missing.
        """
        if not reports:
            raise InputError("there is no run to compare")
        found = experiments(reports)
        base = next(e for e in found if (against or reports[0]) in e.runs)
        ordered = (base, *(e for e in found if e is not base))
        keys = list(dict.fromkeys(key for e in ordered for run in e.runs for key in run.targets))
        titles = _titles(keys)
        return cls(
            against=base.name,
            experiments=ordered,
            targets=tuple(_target(titles[key], key, base, ordered) for key in keys),
            measures=tuple(_measures(ordered)),
            incomplete=tuple(str(run.folder) for run in reports if run.document["missing"]),
        )

    @property
    def sentences(self) -> tuple[str, ...]:
        """Every difference in words."""
        return tuple(row.words for target in self.targets for row in target.rows if row.words)

    @property
    def how(self) -> tuple[str, ...]:
        """How the figures are to be read."""
        made = [r.differences for t in self.targets for r in t.rows if r.differences is not None]
        notes = []
        if made:
            units = "persons" if all(d.by_person for d in made) else "test images"
            units += " (persons, where these are known)" * (
                any(d.by_person for d in made) and units != "persons"
            )
            notes.append(f"Differences: paired bootstrap over the same {units}, 95 % intervals.")
        if any(d.seeds for d in made):
            notes.append(
                "Where an experiment has several seeds, figures are means ± standard deviation"
                " over the seeds, and the intervals of differences cover another draw of images"
                " and other seeds. The scatter over seeds is pooled from both sides: one with a"
                " single seed is taken to scatter like the other."
            )
        if any(not d.seeds for d in made):
            notes.append(
                "Where both sides have one seed, the intervals cover another draw of images only:"
                " another seed would move every figure."
            )
        if len(made) > 1:
            notes.append(
                f"Of {len(made)} differences, one in twenty would be shown by chance where there is"
                " none."
            )
        if self.incomplete:
            notes.append(f"Evaluations are missing in {', '.join(self.incomplete)}.")
        return tuple(notes)

    def to_json(self) -> dict[str, Any]:
        """Return the comparison as plain values.

        Layout, version 1 (rates between 0 and 1, a figure is ``{mean, deviation: of the seeds |
        null, values: [of each seed], interval: [low, high] | null}``)::

            version      1
            against      name of the experiment that others are compared with
            experiments  [{name, seeds: [n], runs: [folder]}]
            targets      [{title, test_data, headline,
                           rows: [{name, reference, accuracy, uar, macro_f1: figures,
                                   differences: {accuracy, uar: {value, interval}, by_person,
                                                 seeds} | null,
                                   words}]}]
            measures     [{title, better, rate, figures: {experiment: figure}}]
            how          [how the figures are to be read]
        """
        return {
            "version": VERSION,
            "against": self.against,
            "experiments": [
                {"name": e.name, "seeds": list(e.seeds), "runs": [str(r.folder) for r in e.runs]}
                for e in self.experiments
            ],
            "targets": [
                {
                    "title": target.title,
                    "test_data": target.test_data,
                    "headline": target.headline,
                    "rows": [
                        {
                            "name": row.name,
                            "reference": row.reference,
                            **{rate: row.rates[rate].to_json() for rate in RATES},
                            "differences": asdict(row.differences) if row.differences else None,
                            "words": row.words,
                        }
                        for row in target.rows
                    ],
                }
                for target in self.targets
            ],
            "measures": [
                {
                    "title": measure.title,
                    "better": measure.better,
                    "rate": measure.rate,
                    "figures": {name: f.to_json() for name, f in measure.figures.items()},
                }
                for measure in self.measures
            ],
            "how": list(self.how),
        }


def _titles(keys: Sequence[Key]) -> dict[Key, str]:
    """Give each target a name of its own, as short as can be."""

    def named(key: Key, words: int) -> str:
        title, protocol, at, number = key
        long = f"{title} ({protocol})" if words else title
        return long + f", {at}" * bool(at) + f" [{number + 1}]" * bool(number)

    short = Counter(named(key, 0) for key in keys)
    return {key: named(key, short[named(key, 0)] > 1) for key in keys}


def _target(
    title: str, key: Key, base: Experiment, ordered: Sequence[Experiment]
) -> ComparedTarget:
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
        rate: Figure(
            tuple(float(of_run[rate]) for of_run in scores),
            _interval(scores[0].get(f"{rate}_interval")) if len(scores) == 1 else None,
        )
        for rate in RATES
    }


def _interval(ends: Sequence[float] | None) -> Interval | None:
    return (ends[0], ends[1]) if ends else None


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
    truth = _ids(first.truth, names)
    predicted = np.stack([_ids(other.predicted, names) for other in tested])
    return (
        differences(
            truth,
            predicted[: len(ours)],
            predicted[len(ours) :],
            len(names),
            subject=first.subject,
        ),
        "",
    )


def _ids(labels: Sequence[str], names: Sequence[str]) -> NDArray[np.int64]:
    number = {name: index for index, name in enumerate(names)}
    return np.array([number[label] for label in labels], dtype=np.int64)


def _measures(ordered: Sequence[Experiment]) -> Iterator[ComparedMeasure]:
    keys = list(dict.fromkeys(key for e in ordered for run in e.runs for key in run.measures))
    titles = _titles(keys)
    for key in keys:
        of = {e.name: [run.measures[key] for run in e.runs if key in run.measures] for e in ordered}
        first = next(found[0] for found in of.values() if found)
        yield ComparedMeasure(
            title=titles[key],
            better=first["better"],
            rate=first["rate"],
            figures={name: _measured(found) for name, found in of.items() if found},
        )


def _measured(found: Sequence[Mapping[str, Any]]) -> Figure:
    estimates = [measure["values"][TRAINED] for measure in found]
    return Figure(
        tuple(float(estimate["value"]) for estimate in estimates),
        _interval(estimates[0]["interval"]) if len(estimates) == 1 else None,
    )
