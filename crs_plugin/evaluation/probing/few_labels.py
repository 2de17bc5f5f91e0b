"""A linear classifier that has few labels to learn from, drawn many times."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from crs_plugin.evaluation.context import EvaluationContext
from crs_plugin.evaluation.metrics import RATES, accuracy_and_uar, interval, rates, resampled_rates
from crs_plugin.evaluation.probing.linear_classifier import (
    Features,
    Ids,
    LabelledFeatures,
    LogisticPath,
    Standardisation,
)
from crs_plugin.evaluation.probing.one_thread import one_thread
from crs_plugin.evaluation.probing.probe_data import ProbeData
from crs_plugin.evaluation.result import TRAINED, Estimate, Measure

_CHOOSING_DRAWS = 5
"""Draws of training images that choose the regularisation."""

Draw = Callable[[Ids, np.random.Generator], Ids]
"""Labels ``[N]`` → indices of the images whose labels may be used."""


@dataclass(frozen=True)
class Budget:
    """How many labels there are.

    Attributes:
        words: For people (``5 images a class``).
        at: The same for a curve (``{"images a class": 5}``).
        draw: Draws the images.
        draws: How often.
    """

    words: str
    at: Mapping[str, str | float]
    draw: Draw
    draws: int


@dataclass(frozen=True)
class FewLabels:
    """What came of it.

    Attributes:
        measures: Every rate at every budget, budget by budget.
        notes: The regularisation that was chosen, and how often references were beaten.
    """

    measures: tuple[Measure, ...]
    notes: tuple[str, ...]

    def curve(self, name: str) -> dict[str, list[Estimate]]:
        """Return encoder → one rate by budget."""
        of_name = [measure.values for measure in self.measures if measure.name == name]
        return {encoder: [values[encoder] for values in of_name] for encoder in of_name[0]}


def few_labels(
    context: EvaluationContext,
    probe: ProbeData,
    budgets: Sequence[Budget],
    regularisation: Sequence[float],
    title: str,
) -> FewLabels:
    """Fit logistic regression on draws of labelled images, for every encoder and budget.

    Features are standardised by all training images, which takes no label. For each encoder and
    budget the C is chosen that does best on the validation images over a few draws of the training
    images; then draws of both are fitted with this C, and each is tested. All encoders learn from
    the same draws. The figures are means over draws; their intervals hold the middle 95 % of
    bootstrap resamples of the test images (of persons, where known) of all draws, so they say what
    one draw may give.

    Args:
        context: With encoders; its seed makes the draws.
        probe: The data.
        budgets: How many labels there are.
        regularisation: Values of C that are tried.
        title: Of the evaluation, to tell progress.
    """
    truth, classes = probe.labels(probe.test), len(probe.class_names)
    predicted: dict[tuple[int, str], list[Ids]] = {}
    chosen: dict[str, list[float]] = {}
    for which in context.encoders:
        train, valid, test = _standardised(context, which, probe)
        chosen[which] = []
        for number, budget in enumerate(budgets):
            context.progress(f"{title} ({which})", number, len(budgets))
            best = _choose(train, valid, budget, classes, regularisation, context.seed)
            predicted[number, which] = _predictions(
                train + valid, test, budget, best, context.seed + 1
            )
            chosen[which].append(best)
        context.progress(f"{title} ({which})", len(budgets), len(budgets))
    measures = []
    for number, budget in enumerate(budgets):
        estimates = {
            which: _estimates(truth, predicted[number, which], classes, probe, context.seed)
            for which in context.encoders
        }
        measures += [
            Measure(name, {which: e[place] for which, e in estimates.items()}, at=budget.at)
            for place, name in enumerate(RATES)
        ]
    uar = {
        key: [rates(truth, ids, classes)[RATES.index("UAR")] for ids in draws]
        for key, draws in predicted.items()
    }
    notes = [
        *(_choice(which, budgets, values, regularisation) for which, values in chosen.items()),
        *(_beaten(which, budgets, uar) for which in context.encoders if which != TRAINED),
    ]
    return FewLabels(tuple(measures), tuple(notes))


def _standardised(
    context: EvaluationContext, which: str, probe: ProbeData
) -> tuple[LabelledFeatures, LabelledFeatures, Features]:
    train, valid, test = (
        context.features(which, part) for part in (probe.train, probe.valid, probe.test)
    )
    scaled = Standardisation(np.concatenate([train, valid]))
    return (
        LabelledFeatures(scaled(train), probe.labels(probe.train)),
        LabelledFeatures(scaled(valid), probe.labels(probe.valid)),
        scaled(test),
    )


@one_thread()
def _choose(
    train: LabelledFeatures,
    valid: LabelledFeatures,
    budget: Budget,
    classes: int,
    regularisation: Sequence[float],
    seed: int,
) -> float:
    generator = np.random.default_rng(seed)
    values = sorted(set(regularisation))
    judged = np.zeros(len(values))
    for _ in range(min(budget.draws, _CHOOSING_DRAWS) if len(values) > 1 else 0):
        drawn, path = train.take(budget.draw(train.labels, generator)), LogisticPath()
        for place, value in enumerate(values):
            found = path.fit(drawn.features, drawn.labels, value)(valid.features)
            judged[place] += sum(accuracy_and_uar(valid.labels, found, classes))
    return float(values[int(judged.argmax())])  # of equally good ones the strongest


@one_thread()
def _predictions(
    train: LabelledFeatures, test: Features, budget: Budget, regularisation: float, seed: int
) -> list[Ids]:
    generator = np.random.default_rng(seed)
    drawn = (train.take(budget.draw(train.labels, generator)) for _ in range(budget.draws))
    return [LogisticPath().fit(part.features, part.labels, regularisation)(test) for part in drawn]


def _estimates(
    truth: Ids, predicted: Sequence[Ids], classes: int, probe: ProbeData, seed: int
) -> list[Estimate]:
    subject = probe.test.subject
    means = np.mean([rates(truth, ids, classes) for ids in predicted], axis=0)
    resampled = np.concatenate(
        [
            resampled_rates(truth, ids[None], classes, subject=subject, seed=seed + number)[:, 0]
            for number, ids in enumerate(predicted)
        ]
    )
    return [
        Estimate(float(mean), interval(values))
        for mean, values in zip(means, resampled.T, strict=True)
    ]


def _choice(
    which: str, budgets: Sequence[Budget], values: Sequence[float], tried: Sequence[float]
) -> str:
    if len(set(tried)) == 1:
        return f"C for the {which} encoder: {values[0]:g}, the only one tried."
    at = ", ".join(
        f"{value:g} at {budget.words}" for budget, value in zip(budgets, values, strict=True)
    )
    ends = sorted({min(tried), max(tried)} & set(values))
    beyond = " or ".join(f"{value:g}" for value in ends)
    hint = f" Beyond {beyond} nothing was tried." if ends else ""
    return f"C for the {which} encoder, chosen on validation: {at}.{hint}"


def _beaten(
    which: str, budgets: Sequence[Budget], uar: Mapping[tuple[int, str], Sequence[float]]
) -> str:
    won = ", ".join(
        f"{sum(own > other for own, other in pairs)} of {len(pairs)} at {budget.words}"
        for number, budget in enumerate(budgets)
        for pairs in [list(zip(uar[number, TRAINED], uar[number, which], strict=True))]
    )
    return f"Draws in which the trained encoder has a higher UAR than {which}: {won}."
