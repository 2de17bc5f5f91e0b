"""Cross-validation by subject, as usual for sets made in a laboratory."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Annotated

import numpy as np
from annotated_types import Ge, Len
from numpy.typing import NDArray

from crs_plugin.data.dataset import DataError, FaceDataset
from crs_plugin.data.splitting import split_off, subject_folds
from crs_plugin.evaluation.context import EvaluationContext
from crs_plugin.evaluation.probing.linear_classifier import (
    REGULARISATION,
    LabelledFeatures,
    choice_in_words,
    choose_and_fit,
    note_on_end,
)
from crs_plugin.evaluation.probing.probe_data import check_classes, labelled_with_note
from crs_plugin.evaluation.result import EvaluationResult
from crs_plugin.evaluation.scored_target import scored_target
from crs_plugin.evaluation.shared_options import check_regularisation, check_validation_fraction
from crs_plugin.expressions import ALL_EXPRESSIONS
from crs_plugin.registry import OpenFraction, Part, PositiveFloat, register


@dataclass(frozen=True)
class _Fold:
    """Indices of the images that fit, that choose the regularisation, and that test."""

    train: NDArray[np.int64]
    valid: NDArray[np.int64]
    test: NDArray[np.int64]


@register("evaluation", "by_subject")
class BySubject:
    """Linear probe in cross-validation by subject: everybody is tested as a stranger.

    All labelled images of the data, whatever their split, are divided into folds that share no
    person. Each fold is tested once by a classifier of the others, whose regularisation was chosen
    on persons set aside among these; the predictions of all folds are scored together. The same is
    done for the recipe's references.

    Args:
        title: Name of the target in tables; by default that of the data.
        data: Data with known persons; by default the recipe's data.
        folds: Number of folds; with fewer persons each person is a fold.
        validation_fraction: Share of a fold's training images that chooses the regularisation.
        regularisation: Inverse strengths C that are tried.

    Raises:
        InputError: If an option is out of range.
    """

    def __init__(
        self,
        *,
        title: str | None = None,
        data: Annotated[Callable[[], FaceDataset] | None, Part("dataset")] = None,
        folds: Annotated[int, Ge(2)] = 10,
        validation_fraction: OpenFraction = 0.2,
        regularisation: Annotated[Sequence[PositiveFloat], Len(1)] = REGULARISATION,
    ) -> None:
        check_validation_fraction("by_subject", validation_fraction)
        check_regularisation("by_subject", regularisation)
        self.title = title
        self.data = data
        self.folds = folds
        self.validation_fraction = validation_fraction
        self.regularisation = tuple(regularisation)

    def check(self, context: EvaluationContext, /) -> None:
        """Open the data and see whether folds can be made; needs no encoder.

        Raises:
            InputError: If they cannot; the message says why.
        """
        dataset, _ = self._labelled(context)
        self._folds(dataset, context.seed)

    unseen_persons = True
    """Whether everybody who is tested is to be a stranger to the encoder as well."""

    def test_parts(self, context: EvaluationContext, /) -> tuple[FaceDataset, ...]:
        """Return the images that are tested, all that have a label, for whoever looks for leaks."""
        return (self._labelled(context)[0],)

    def __call__(self, context: EvaluationContext, /) -> EvaluationResult:
        """Cross-validate every encoder.

        Raises:
            InputError: As ``check``, or if an encoder's features are not finite.
        """
        dataset, notes = self._labelled(context)
        classes = np.unique(dataset.fine)
        labels = np.searchsorted(classes, dataset.fine).astype(np.int64)
        folds = self._folds(dataset, context.seed)
        title = self.title or f"{dataset.name} by subject"
        predictions: dict[str, NDArray[np.int64]] = {}
        chosen: dict[str, str] = {}
        for which in context.encoders:
            features = LabelledFeatures(context.features(which, dataset), labels)
            predicted, values = np.empty_like(labels), []
            for number, fold in enumerate(folds):
                context.progress(f"{title} ({which})", number, len(folds))
                classifier = choose_and_fit(
                    features.take(fold.train),
                    features.take(fold.valid),
                    len(classes),
                    self.regularisation,
                )
                predicted[fold.test] = classifier.predict(features.features[fold.test])
                values.append(classifier.regularisation)
            context.progress(f"{title} ({which})", len(folds), len(folds))
            predictions[which] = predicted
            chosen[which] = choice_in_words(values, self.regularisation)
            notes += note_on_end(which, values, self.regularisation)
        persons = len(np.unique(dataset.subject))
        target = scored_target(
            title,
            dataset,
            labels,
            predictions,
            [ALL_EXPRESSIONS[i] for i in classes],
            train_data=f"{dataset.name}: the other folds",
            test_data=f"{dataset.name}: {len(dataset):,} images of {persons:,} persons",
            seed=context.seed,
            chosen=chosen,
        )
        return EvaluationResult(
            title=title,
            protocol=f"linear probe, {len(folds)} folds by subject",
            targets=(target,),
            notes=(*notes, *_lonely_classes(dataset)),
        )

    def _labelled(self, context: EvaluationContext) -> tuple[FaceDataset, list[str]]:
        whole = context.open(self.data)
        dataset, notes = labelled_with_note(whole)
        if len(dataset) == 0:
            raise DataError(
                f"data set {whole.name}: none of its {len(whole):,} images has a label to test"
            )
        if not dataset.subject_known:
            missing = int((dataset.subject < 0).sum())
            raise DataError(
                f"data set {dataset.name}: evaluation by_subject needs to know the person in every"
                f" image, and {missing:,} of {len(dataset):,} labelled images have none; use"
                " linear_probe, or data that name their subjects"
            )
        persons = len(np.unique(dataset.subject))
        if persons < 3:
            raise DataError(
                f"data set {dataset.name}: {persons} person{'s' * (persons != 1)} cannot be"
                " trained on, chosen on and tested by subject; three are the fewest"
            )
        check_classes(dataset)
        return dataset, notes

    def _folds(self, dataset: FaceDataset, seed: int) -> list[_Fold]:
        persons = len(np.unique(dataset.subject))
        folds = []
        for training, testing in subject_folds(dataset, min(self.folds, persons), seed):
            _, part = split_off(dataset.take(training), self.validation_fraction, seed)
            chooses = np.isin(dataset.subject[training], part.subject)
            folds.append(_Fold(training[~chooses], training[chooses], testing))
        if any(len(np.unique(dataset.fine[fold.train])) < 2 for fold in folds):
            raise DataError(
                f"data set {dataset.name}: with its persons in {len(folds)} folds, a classifier"
                " would have one class to learn from; it needs persons with several expressions"
            )
        return folds


def _lonely_classes(dataset: FaceDataset) -> list[str]:
    lonely = [
        ALL_EXPRESSIONS[fine]
        for fine in np.unique(dataset.fine)
        if len(np.unique(dataset.subject[dataset.fine == fine])) == 1
    ]
    return [
        f"Only one person shows {name}, so it is never learnt before it is tested."
        for name in lonely
    ]
