"""Test images that the trained encoder's classifier took for something else."""

from dataclasses import dataclass

import numpy as np
import torch

from crs_plugin.evaluation.context import EvaluationContext
from crs_plugin.evaluation.result import TRAINED, Target


@dataclass(frozen=True)
class ErrorExamples:
    """Some of a target's errors, class by class.

    Attributes:
        title: Name of the target.
        rows: True class → images uint8 ``[K, 1|3, S, S]`` and what each was taken for.
    """

    title: str
    rows: tuple[tuple[str, torch.Tensor, tuple[str, ...]], ...]


def error_examples(
    context: EvaluationContext, target: Target, most: int = 6
) -> ErrorExamples | None:
    """Draw some errors of every class; None where there is none.

    Args:
        context: Opened the data of the target; its seed draws the images.
        target: With its predictions.
        most: Images of a class at most.
    """
    made = target.predictions
    predicted = made.predicted[TRAINED]
    generator = np.random.default_rng(context.seed)
    rows = []
    for label, name in enumerate(target.class_names):
        wrong = np.flatnonzero((made.truth == label) & (predicted != label))
        drawn = np.sort(generator.permutation(wrong)[:most])
        if len(drawn):
            taken_for = tuple(target.class_names[i] for i in predicted[drawn])
            rows.append((name, context.pixels(made.test.take(drawn)), taken_for))
    return ErrorExamples(target.title, tuple(rows)) if rows else None
