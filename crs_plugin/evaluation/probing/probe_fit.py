"""The linear classifier of a probe, fitted to the features of one encoder."""

from collections.abc import Sequence

from crs_plugin.evaluation.context import EvaluationContext
from crs_plugin.evaluation.probing.linear_classifier import (
    ChosenClassifier,
    LabelledFeatures,
    choose_and_fit,
)
from crs_plugin.evaluation.probing.probe_data import ProbeData


def fit_probe(
    context: EvaluationContext, which: str, probe: ProbeData, regularisation: Sequence[float]
) -> ChosenClassifier:
    """Fit the classifier on the train part, and choose its regularisation on the valid part.

    Args:
        context: Gives the features.
        which: Name of the encoder.
        probe: The data; their test part is not looked at.
        regularisation: Inverse strengths C that are tried.

    Raises:
        InputError: If the features are not finite.
    """
    train, valid = (
        LabelledFeatures(context.features(which, part), probe.labels(part))
        for part in (probe.train, probe.valid)
    )
    return choose_and_fit(train, valid, len(probe.class_names), regularisation)
