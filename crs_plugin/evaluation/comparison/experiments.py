"""Runs that differ only in their seed are one experiment."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from crs_plugin.errors import InputError
from crs_plugin.evaluation.comparison.finished_report import FinishedReport
from crs_plugin.evaluation.comparison.short_keys import leaves, short_keys

_MOST_KEYS = 3
"""Values that are told in a name; where more differ, the folder's name is better."""


@dataclass(frozen=True)
class Experiment:
    """One recipe with one or several seeds.

    Attributes:
        name: Its name among those it is compared with.
        runs: Its runs, by seed.
    """

    name: str
    runs: tuple[FinishedReport, ...]

    @property
    def seeds(self) -> tuple[int, ...]:
        """The seeds."""
        return tuple(run.seed for run in self.runs)


def experiments(reports: Sequence[FinishedReport]) -> tuple[Experiment, ...]:
    """Put runs together that differ only in their seed, in the order of the first of each.

    A name is that of the recipe; where several have it, with the values that tell them apart, or
    else with the folder.

    Raises:
        InputError: If two runs have the same recipe and the same seed.
    """
    groups: list[list[FinishedReport]] = []
    for report in reports:
        for group in groups:
            if group[0].but_for_the_seed == report.but_for_the_seed:
                group.append(report)
                break
        else:
            groups.append([report])
    for group in groups:
        _check_seeds(group)
    names = _names([group[0] for group in groups])
    return tuple(
        Experiment(name, tuple(sorted(group, key=lambda run: run.seed)))
        for name, group in zip(names, groups, strict=True)
    )


def _check_seeds(group: Sequence[FinishedReport]) -> None:
    by_seed: dict[int, FinishedReport] = {}
    for run in group:
        if run.seed in by_seed:
            raise InputError(
                f"{by_seed[run.seed].folder} and {run.folder} have the same recipe and the same"
                f" seed, {run.seed}: they are one run; leave one of them out"
            )
        by_seed[run.seed] = run


def _names(first: Sequence[FinishedReport]) -> list[str]:
    taken = Counter(run.name for run in first)
    names = [
        run.name
        if taken[run.name] == 1
        else f"{run.name} {_told_apart(run, [o for o in first if o.name == run.name])}"
        for run in first
    ]
    again = Counter(names)
    return [
        f"{run.name} ({run.folder})" if again[name] > 1 else name
        for run, name in zip(first, names, strict=True)
    ]


def _told_apart(run: FinishedReport, alike: Sequence[FinishedReport]) -> str:
    flat = {id(other): dict(leaves(other.but_for_the_seed)) for other in alike}
    keys = list(dict.fromkeys(key for values in flat.values() for key in values))
    absent = object()
    differing = [key for key in keys if len({repr(v.get(key, absent)) for v in flat.values()}) > 1]
    if len(differing) > _MOST_KEYS:
        return f"({run.folder})"
    short = short_keys(differing)
    own = flat[id(run)]
    return ", ".join(f"{short[key]}={own.get(key, 'default')}" for key in differing)
