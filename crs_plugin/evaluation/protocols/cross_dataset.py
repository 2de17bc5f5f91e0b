"""Across data sets: a linear classifier of one set on the images of every other."""

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Annotated

import numpy as np
from annotated_types import Len

from crs_plugin.data.dataset import DataError, FaceDataset
from crs_plugin.errors import InputError
from crs_plugin.evaluation.context import EvaluationContext
from crs_plugin.evaluation.features.traced_images import traced_images_of
from crs_plugin.evaluation.probing.linear_classifier import (
    REGULARISATION,
    ChosenClassifier,
    Ids,
    choice_in_words,
    note_on_end,
)
from crs_plugin.evaluation.probing.probe_data import ProbeData
from crs_plugin.evaluation.probing.probe_fit import fit_probe
from crs_plugin.evaluation.probing.probe_source import ProbeSource
from crs_plugin.evaluation.result import EvaluationResult, Target
from crs_plugin.evaluation.scored_target import scored_target
from crs_plugin.evaluation.shared_options import check_regularisation
from crs_plugin.registry import OpenFraction, Part, PositiveFloat, register

Place = tuple[int, int]
"""Trained on which set, tested on which."""


@register("evaluation", "cross_dataset")
class CrossDataset:
    """Every data set against every other: a classifier is trained on one and tested on the next.

    The classifier is that of ``linear_probe``: trained on the train split of one set (all of it,
    where it has no splits), its regularisation chosen on validation images of the same set, and
    tested once on the test split of the other (all of it, where it has none). It tells apart the
    classes that both sets have, by name. On the diagonal a set is tested on itself: on its own test
    split or, without splits, on a fifth that is set aside. The same is done for the recipe's
    references.

    Pairs that cannot be, since a set has no training or no test images or they share fewer than two
    classes, stay empty, which the notes say.

    Args:
        data: The data sets, two at least.
        title: Its name in the report.
        validation_fraction: Share of the training images that chooses the regularisation.
        regularisation: Inverse strengths C that are tried.

    Raises:
        InputError: If there are fewer than two data sets, or an option is out of range.
    """

    def __init__(
        self,
        *,
        data: Annotated[Sequence[Callable[[], FaceDataset]], Part("dataset", many=True)],
        title: str = "Across data sets",
        validation_fraction: OpenFraction = 0.2,
        regularisation: Annotated[Sequence[PositiveFloat], Len(1)] = REGULARISATION,
    ) -> None:
        if len(data) < 2:
            raise InputError(
                f"cross_dataset: 'data' is a list of two data sets or more, not of {len(data)}"
            )
        check_regularisation("cross_dataset", regularisation)
        self.title = title
        self.data = tuple(data)
        self.sources = {
            (row, column): ProbeSource(
                "cross_dataset",
                data[row],
                None if row == column else data[column],
                validation_fraction,
            )
            for row, column in np.ndindex(len(data), len(data))
        }
        self.regularisation = tuple(regularisation)

    def check(self, context: EvaluationContext, /) -> None:
        """Open the data and divide every pair of them; needs no encoder.

        Raises:
            InputError: If a set is given twice, no pair of different sets can be made, or a set
                cannot teach a classifier; the message says why.
        """
        self._divided(context, self._sets(context))

    def test_parts(self, context: EvaluationContext, /) -> tuple[FaceDataset, ...]:
        """Return the images that are tested, set by set, for whoever looks for leaks."""
        sets = self._sets(context)
        probes, _ = self._divided(context, sets)
        tested: dict[int, list[FaceDataset]] = {}
        for (_, column), probe in probes.items():
            tested.setdefault(column, []).append(probe.test)
        return tuple(_united(sets[column], parts) for column, parts in sorted(tested.items()))

    def __call__(self, context: EvaluationContext, /) -> EvaluationResult:
        """Fill the matrix for every encoder.

        Raises:
            InputError: As ``check``, or if an encoder's features are not finite.
        """
        from crs_plugin.evaluation.figures.file_name import file_name
        from crs_plugin.evaluation.figures.transfer_matrix import transfer_matrix

        sets = self._sets(context)
        probes, notes = self._divided(context, sets)
        names = _unique_names(sets)
        fitted = _Classifiers(self.regularisation)
        targets: dict[Place, Target] = {}
        for done, (place, probe) in enumerate(probes.items()):
            context.progress(self.title, done, len(probes))
            title = " → ".join(names[i] for i in place)
            predictions: dict[str, Ids] = {}
            chosen: dict[str, str] = {}
            found = list(probe.notes)
            for which in context.encoders:
                classifier = fitted.of(context, which, probe)
                predictions[which] = classifier.predict(context.features(which, probe.test))
                values = [classifier.regularisation]
                chosen[which] = choice_in_words(values, self.regularisation)
                found += note_on_end(which, values, self.regularisation)
            targets[place] = scored_target(
                title,
                probe.test,
                probe.labels(probe.test),
                predictions,
                probe.class_names,
                train_data=f"{names[place[0]]}: {len(probe.train) + len(probe.valid):,} images",
                test_data=f"{names[place[1]]}: {len(probe.test):,} images",
                seed=context.seed,
                chosen=chosen,
                at={"trained on": names[place[0]], "tested on": names[place[1]]},
            )
            notes += [f"{title}: {note}" for note in found]
        context.progress(self.title, len(probes), len(probes))
        return EvaluationResult(
            title=self.title,
            protocol="linear probe, trained on one data set and tested on another",
            targets=tuple(targets.values()),
            drawings=tuple(
                transfer_matrix(file_name(self.title, which), which, names, targets)
                for which in context.encoders
            ),
            notes=(*_note_on_classes(targets), *notes),
        )

    def _sets(self, context: EvaluationContext) -> list[FaceDataset]:
        sets = [context.open(source) for source in self.data]
        for index, dataset in enumerate(sets):
            if any(dataset is other for other in sets[:index]):
                raise InputError(f"cross_dataset: {dataset.name} is given twice in 'data'")
        return sets

    def _divided(
        self, context: EvaluationContext, sets: Sequence[FaceDataset]
    ) -> tuple[dict[Place, ProbeData], list[str]]:
        probes: dict[Place, ProbeData] = {}
        names, notes = _unique_names(sets), []
        for (row, column), source in self.sources.items():
            reason = _why_not(sets[row], sets[column])
            if reason:
                notes.append(f"{names[row]} → {names[column]} was left out: {reason}.")
                continue
            probes[row, column] = source.divided(context)
        if all(row == column for row, column in probes):
            raise DataError(f"cross_dataset: no set can be tested on another. {' '.join(notes)}")
        return probes, notes


class _Classifiers:
    """Classifiers, each fitted once: sets with the same classes share those of a training set."""

    def __init__(self, regularisation: Sequence[float]) -> None:
        self._regularisation = regularisation
        self._fitted: dict[object, ChosenClassifier] = {}

    def of(self, context: EvaluationContext, which: str, probe: ProbeData) -> ChosenClassifier:
        key = which, *(_identity(part) for part in (probe.train, probe.valid))
        if key not in self._fitted:
            self._fitted[key] = fit_probe(context, which, probe, self._regularisation)
        return self._fitted[key]


def _identity(part: FaceDataset) -> object:
    """What tells images from others, and so their classes: which they are, of which set."""
    images = traced_images_of(part)
    return id(images.whole), images.rows.tobytes()


def _united(whole: FaceDataset, parts: Sequence[FaceDataset]) -> FaceDataset:
    """Return the images of a set that are in any of some parts of it."""
    rows = np.unique(np.concatenate([traced_images_of(part).rows for part in parts]))
    return whole.take(np.flatnonzero(np.isin(traced_images_of(whole).rows, rows)))


def _why_not(train: FaceDataset, test: FaceDataset) -> str:
    """Say why a pair cannot be; nothing, if it can."""
    learnt = train.in_split("train").expressions
    tested = test.in_split("test").expressions
    if not learnt:
        return f"{train.name} has no labelled image in a train split"
    if not tested:
        return f"{test.name} has no labelled image in a test split"
    common = set(learnt) & set(tested)
    if len(common) < 2:
        return f"they have {'only ' + ''.join(common) if common else 'no class'} in common"
    return ""


def _unique_names(sets: Sequence[FaceDataset]) -> list[str]:
    total = Counter(dataset.name for dataset in sets)
    number: Counter[str] = Counter()
    names = []
    for dataset in sets:
        number[dataset.name] += 1
        several = total[dataset.name] > 1
        names.append(f"{dataset.name} #{number[dataset.name]}" if several else dataset.name)
    return names


def _note_on_classes(targets: dict[Place, Target]) -> list[str]:
    if len({target.class_names for target in targets.values()}) == 1:
        return []
    return [
        "Each pair tells apart the classes that its two sets share: figures of pairs with other"
        " classes are not comparable with one another, those of encoders on one pair are."
    ]
