"""Identity probe: how well the persons can be told apart by the features."""

from collections.abc import Callable, Sequence
from typing import Annotated

import numpy as np
from annotated_types import Ge, Len
from numpy.typing import NDArray

from crs_plugin.data.dataset import DataError, FaceDataset
from crs_plugin.evaluation.context import EvaluationContext
from crs_plugin.evaluation.mean_estimate import mean_estimate
from crs_plugin.evaluation.probing.linear_classifier import (
    REGULARISATION,
    Ids,
    LabelledFeatures,
    choice_in_words,
    choose_and_fit,
)
from crs_plugin.evaluation.probing.probe_data import labelled_with_note
from crs_plugin.evaluation.result import EvaluationResult, Measure
from crs_plugin.evaluation.shared_options import check_regularisation
from crs_plugin.registry import Part, PositiveFloat, register

FOLDS = 3
"""Parts of a person's expressions: one tests, one chooses the regularisation, one trains."""


@register("evaluation", "identity_probe")
class IdentityProbe:
    """Linear classifier that names the person from an expression it never saw of that person.

    What is left of identity in frozen features is what a linear classifier can read from them:
    expressions of a face need none of it, so lower is better. Each person's expressions are divided
    into three parts; each part is tested once by a classifier over all persons that was fitted on
    the other two, so that a person cannot be found by the same expression, or the next frame of a
    sequence. The regularisation is chosen on one of these two. The same is done for the recipe's
    references.

    Images of all splits take part, and what is asked of them is no skill that pre-training was to
    learn: so nothing is compared with the pre-training data, which usually hold some of them.

    Args:
        title: Name in tables; by default that of the data.
        data: Data with known persons, of all splits; by default the recipe's data.
        persons: Persons at most; more are drawn from. Chance is one in their number.
        regularisation: Inverse strengths C that are tried.
    """

    def __init__(
        self,
        *,
        title: str | None = None,
        data: Annotated[Callable[[], FaceDataset] | None, Part("dataset")] = None,
        persons: Annotated[int, Ge(2)] = 100,
        regularisation: Annotated[Sequence[PositiveFloat], Len(1)] = REGULARISATION,
    ) -> None:
        check_regularisation("identity_probe", regularisation)
        self.title = title
        self.data = data
        self.persons = persons
        self.regularisation = tuple(regularisation)

    def check(self, context: EvaluationContext, /) -> None:
        """Open the data and see whether persons can be told apart; needs no encoder.

        Raises:
            InputError: If they cannot; the message says why.
        """
        self._known(context)

    def __call__(self, context: EvaluationContext, /) -> EvaluationResult:
        """Look for the persons in the features of every encoder.

        Raises:
            InputError: As ``check``, or if an encoder's features are not finite.
        """
        dataset, notes = self._known(context)
        person = np.unique(dataset.subject, return_inverse=True)[1].astype(np.int64)
        persons, part = int(person.max()) + 1, _parts(dataset, person, context.seed)
        title = self.title or f"{dataset.name}, identity"
        values = {}
        for which in context.encoders:
            features = LabelledFeatures(context.features(which, dataset), person)
            right, chosen = np.zeros(len(person)), []
            for tested in range(FOLDS):
                context.progress(f"{title} ({which})", tested, FOLDS)
                train, valid, test = (
                    np.flatnonzero(part == (tested + ahead) % FOLDS) for ahead in (2, 1, 0)
                )
                classifier = choose_and_fit(
                    features.take(train), features.take(valid), persons, self.regularisation
                )
                right[test] = classifier.predict(features.features[test]) == person[test]
                chosen.append(classifier.regularisation)
            context.progress(f"{title} ({which})", FOLDS, FOLDS)
            of_person = np.bincount(person, right) / np.bincount(person)
            values[which] = mean_estimate(
                of_person, subject=np.arange(persons, dtype=np.int32), seed=context.seed
            )
            notes.append(f"{which.capitalize()}: {choice_in_words(chosen, self.regularisation)}.")
        return EvaluationResult(
            title=title,
            protocol="linear probe for the person, from other expressions",
            measures=(Measure("persons recognised", values, better="lower"),),
            headline=False,
            notes=(
                f"{len(dataset):,} images of {persons:,} persons, each tested on expressions that"
                f" were not trained on; chance is {1 / persons:.1%}. Mean over persons, interval by"
                " bootstrap over persons.",
                *notes,
            ),
        )

    def _known(self, context: EvaluationContext) -> tuple[FaceDataset, list[str]]:
        """Return the images of the persons that have expressions enough."""
        whole = context.open(self.data)
        dataset, notes = labelled_with_note(whole)
        known = dataset.take(np.flatnonzero(dataset.subject >= 0))
        if len(known) == 0:
            raise DataError(
                f"data set {whole.name}: identity_probe needs labelled images whose person is"
                f" known, and none of {len(whole):,} is; leave it out, or use data that name their"
                " subjects"
            )
        if len(known) < len(dataset):
            notes.append(f"Images left out for an unknown person: {len(dataset) - len(known):,}.")
        shown = np.unique(np.stack([known.subject, known.fine]), axis=1)
        persons, expressions = np.unique(shown[0], return_counts=True)
        enough = persons[expressions >= FOLDS]
        if len(enough) < 2:
            raise DataError(
                f"data set {whole.name}: identity_probe needs at least two persons with"
                f" {FOLDS} expressions or more, and {len(enough)} of {len(persons):,} have them"
            )
        too_few = len(persons) - len(enough)
        if too_few:
            notes.append(f"Persons left out for fewer than {FOLDS} expressions: {too_few:,}.")
        if len(enough) > self.persons:
            notes.append(f"{self.persons:,} of {len(enough):,} persons were drawn.")
            enough = np.random.default_rng(context.seed).permutation(enough)[: self.persons]
        return known.take(np.flatnonzero(np.isin(known.subject, enough))), notes


def _parts(dataset: FaceDataset, person: Ids, seed: int) -> NDArray[np.int64]:
    """Return the part ``[N]`` of each image: a person's expressions are dealt out in turn."""
    generator = np.random.default_rng(seed)
    part = np.empty(len(dataset), dtype=np.int64)
    for one in range(int(person.max()) + 1):
        images = np.flatnonzero(person == one)
        shown, which = np.unique(dataset.fine[images], return_inverse=True)
        turn = generator.permutation(len(shown))
        part[images] = (turn[which] + generator.integers(FOLDS)) % FOLDS
    return part
