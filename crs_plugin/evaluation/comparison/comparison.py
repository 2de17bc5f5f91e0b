"""Experiments side by side: all their targets and measures, and how to read them."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from crs_plugin.errors import InputError
from crs_plugin.evaluation.comparison.compared_measure import ComparedMeasure, compared_measure
from crs_plugin.evaluation.comparison.compared_target import ComparedTarget, compared_target
from crs_plugin.evaluation.comparison.experiments import Experiment, experiments
from crs_plugin.evaluation.comparison.finished_report import FinishedReport, Key

VERSION = 1
"""Of ``Comparison.to_json``; raised when a key changes its meaning or goes away."""


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
        runs = [run for experiment in ordered for run in experiment.runs]
        targets = _titles(key for run in runs for key in run.targets)
        measures = _titles(key for run in runs for key in run.measures)
        return cls(
            against=base.name,
            experiments=ordered,
            targets=tuple(
                compared_target(title, key, base, ordered) for key, title in targets.items()
            ),
            measures=tuple(
                compared_measure(title, key, ordered) for key, title in measures.items()
            ),
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
        for experiment in self.experiments:
            tested = {t.title for t in self.targets for r in t.rows if r.name == experiment.name}
            untested = [t.title for t in self.targets if t.headline and t.title not in tested]
            if untested:
                named = ", ".join(map(repr, untested))  # a title may have commas of its own
                notes.append(f"{experiment.name} was not tested on {named}.")
        for experiment in self.experiments:
            trained_on = dict.fromkeys(name for run in experiment.runs for name in run.trained_on)
            if trained_on:
                notes.append(
                    f"{experiment.name} was pre-trained on what is tested"
                    f" ({', '.join(map(repr, trained_on))}): its figures there are too good."
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
            "targets": [target.to_json() for target in self.targets],
            "measures": [measure.to_json() for measure in self.measures],
            "how": list(self.how),
        }


def _titles(found: Iterable[Key]) -> dict[Key, str]:
    """Give each target, or each measure, a name of its own, as short as can be."""
    keys = list(dict.fromkeys(found))

    def named(key: Key, words: int) -> str:
        title, protocol, at, number = key
        long = f"{title} ({protocol})" if words else title
        return long + f", {at}" * bool(at) + f" [{number + 1}]" * bool(number)

    short = Counter(named(key, 0) for key in keys)
    return {key: named(key, short[named(key, 0)] > 1) for key in keys}
