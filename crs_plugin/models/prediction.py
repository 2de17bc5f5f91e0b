"""What a classifier says of an image."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True)
class Prediction:
    """The classes of one image, with their probabilities.

    Attributes:
        name: The most probable class.
        probability: Its probability, between 0 and 1.
        probabilities: Class → probability, in the order of the classifier; they add up to 1.
    """

    name: str
    probability: float
    probabilities: Mapping[str, float]


def as_predictions(probabilities: Tensor, class_names: Sequence[str]) -> list[Prediction]:
    """Return a prediction an image.

    Args:
        probabilities: float [N, C].
        class_names: The C classes.
    """
    best = torch.argmax(probabilities, dim=1).tolist()
    return [
        Prediction(class_names[index], row[index], dict(zip(class_names, row, strict=True)))
        for index, row in zip(best, probabilities.tolist(), strict=True)
    ]
