"""Experiments side by side on one measure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from crs_plugin.evaluation.comparison.experiments import Experiment
from crs_plugin.evaluation.comparison.figure import Figure
from crs_plugin.evaluation.comparison.finished_report import Key
from crs_plugin.evaluation.result import TRAINED


@dataclass(frozen=True)
class ComparedMeasure:
    """One measure for all experiments that have it.

    Attributes:
        title: Its name, unique among the measures of a comparison.
        better: ``higher``, ``lower`` or ``neither``.
        rate: Whether it lies between 0 and 1.
        figures: Experiment → figure.
    """

    title: str
    better: str
    rate: bool
    figures: Mapping[str, Figure]

    def to_json(self) -> dict[str, Any]:
        """Return the measure as plain values."""
        figures = {name: figure.to_json() for name, figure in self.figures.items()}
        return {**vars(self), "figures": figures}


def compared_measure(title: str, key: Key, ordered: Sequence[Experiment]) -> ComparedMeasure:
    """Put all experiments that have a measure side by side.

    Args:
        title: Its name.
        key: What tells the measure from others; one experiment at least has it.
        ordered: All experiments.
    """
    of = {e.name: [run.measures[key] for run in e.runs if key in run.measures] for e in ordered}
    first = next(found[0] for found in of.values() if found)
    figures = {name: _figure(found) for name, found in of.items() if found}
    return ComparedMeasure(title, first["better"], first["rate"], figures)


def _figure(found: Sequence[Mapping[str, Any]]) -> Figure:
    estimates = [measure["values"][TRAINED] for measure in found]
    return Figure.of([e["value"] for e in estimates], [e["interval"] for e in estimates])
