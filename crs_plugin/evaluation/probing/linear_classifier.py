"""A linear classifier on frozen features, by scikit-learn."""

import warnings
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from crs_plugin.evaluation.metrics import accuracy_and_uar
from crs_plugin.evaluation.probing.one_thread import one_thread

REGULARISATION = (1e-4, 1e-3, 1e-2, 1e-1, 1.0, 10.0, 100.0)
"""Inverse strengths C of the L2 penalty that are tried."""

_MOST_STEPS = 200
_TOLERANCE = 1e-3
"""Where the solver stops. Run to the end it takes up to four times as long, for test rates that
differ by less than half a point (random features of 6,000 and 24,000 real faces)."""

Features = NDArray[np.float32]
Ids = NDArray[np.int64]


@dataclass(frozen=True)
class LabelledFeatures:
    """Features and classes of one part of the data.

    Attributes:
        features: ``[N, F]`` float32.
        labels: Class ids ``[N]``.
    """

    features: Features
    labels: Ids

    def __add__(self, other: "LabelledFeatures") -> "LabelledFeatures":
        return LabelledFeatures(
            np.concatenate([self.features, other.features]),
            np.concatenate([self.labels, other.labels]),
        )

    def take(self, indices: Ids) -> "LabelledFeatures":
        """Return only the images of these indices."""
        return LabelledFeatures(self.features[indices], self.labels[indices])


@dataclass(frozen=True)
class ChosenClassifier:
    """A classifier with the hyper-parameter that did best on validation.

    Attributes:
        predict: Features ``[N, F]`` → class ids ``[N]``.
        regularisation: The C that was chosen.
        weight: float32 ``[C, F]`` for features as they come: the standardisation is folded in.
            softmax(features · weightᵀ + bias) are the classes' probabilities.
        bias: float32 ``[C]``; minus infinity for a class without a training image.
    """

    predict: Callable[[Features], Ids]
    regularisation: float
    weight: Features
    bias: Features


@one_thread()
def choose_and_fit(
    train: LabelledFeatures,
    valid: LabelledFeatures,
    classes: int,
    regularisation: Sequence[float] = REGULARISATION,
) -> ChosenClassifier:
    """Fit multinomial logistic regression on standardised features.

    For every C it is fitted on ``train``; the one with the largest sum of accuracy and UAR on
    ``valid`` (of equal ones the middle one, of two the smaller) is fitted again on both. A C that
    leaves the solver nothing to do after the one before gives the same classifier, so it cannot be
    chosen.

    Args:
        train: Fits the classifier; at least two classes.
        valid: Chooses C.
        classes: Number of classes.
        regularisation: The values of C.
    """
    scaled = Standardisation(train.features)
    path = LogisticPath()
    known, wanted = scaled(train.features), scaled(valid.features)
    judged: dict[float, float] = {}
    for value in sorted(regularisation):  # from strong to weak, each starting where the last ended
        predict = path.fit(known, train.labels, value)
        if judged and path.steps == 0:
            continue
        judged[value] = sum(accuracy_and_uar(valid.labels, predict(wanted), classes))
    equally_good = [value for value in judged if judged[value] == max(judged.values())]
    best = equally_good[(len(equally_good) - 1) // 2]

    both = train + valid
    scaled_again = Standardisation(both.features)
    last = LogisticPath()
    final = last.fit(scaled_again(both.features), both.labels, best)
    weight, bias = scaled_again.folded_into(*last.weights(classes))
    return ChosenClassifier(lambda unseen: final(scaled_again(unseen)), best, weight, bias)


def choice_in_words(chosen: Sequence[float], tried: Sequence[float]) -> str:
    """Say which C one or more classifiers have, and how they came by it.

    Args:
        chosen: The C of each.
        tried: The values of C that it was chosen from.
    """
    counts = sorted(Counter(chosen).items())
    how = "chosen on validation" if len(set(tried)) > 1 else "the only one tried"
    if len(counts) == 1:
        return f"C = {chosen[0]:g}, {how}"
    return f"C = {', '.join(f'{value:g} ({n}×)' for value, n in counts)}, {how}"


def note_on_end(encoder: str, chosen: Sequence[float], tried: Sequence[float]) -> list[str]:
    """Say in a line, where it is so, that a chosen C lies at an end of those tried.

    Args:
        encoder: ``trained`` or ``random``.
        chosen: The C of every classifier of that encoder.
        tried: The values of C; of a single one none was chosen.
    """
    at_end = sum(value in (min(tried), max(tried)) for value in chosen)
    if len(set(tried)) == 1 or not at_end:
        return []
    where = f" in {at_end} of {len(chosen)} folds" if len(chosen) > 1 else ""
    return [
        f"The C chosen for the {encoder} encoder lies{where} at an end of those tried"
        f" ({min(tried):g} to {max(tried):g}): one beyond might do better."
    ]


class LogisticPath:
    """Logistic regression for one C after another.

    Attributes:
        steps: Steps that the solver took in the last fit.
    """

    def __init__(self) -> None:
        from sklearn.linear_model import LogisticRegression

        self._model: Any = LogisticRegression(max_iter=_MOST_STEPS, tol=_TOLERANCE, warm_start=True)
        self.steps = 0

    def fit(
        self, features: Features, labels: Ids, regularisation: float
    ) -> Callable[[Features], Ids]:
        """Fit, from where the last fit ended; what is returned predicts until the next call.

        Args:
            features: ``[N, F]``.
            labels: Class ids ``[N]``, of two classes at least.
            regularisation: C, the inverse strength of the L2 penalty.
        """
        from sklearn.exceptions import ConvergenceWarning

        with warnings.catch_warnings(action="ignore", category=ConvergenceWarning):
            self._model.set_params(C=regularisation).fit(features, labels)
        self.steps = int(self._model.n_iter_.max())

        def predict(unseen: Features) -> Ids:
            return np.asarray(self._model.predict(unseen), dtype=np.int64)

        return predict

    def weights(self, classes: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return weight ``[C, F]`` and bias ``[C]`` of the last fit."""
        slopes, offsets = self._model.coef_, self._model.intercept_
        if len(slopes) == 1:  # of two classes, scikit-learn keeps the second's alone
            slopes = np.concatenate([np.zeros_like(slopes), slopes])
            offsets = np.concatenate([np.zeros_like(offsets), offsets])
        weight = np.zeros((classes, slopes.shape[1]))
        bias = np.full(classes, -np.inf)
        weight[self._model.classes_], bias[self._model.classes_] = slopes, offsets
        return weight, bias


class Standardisation:
    """Brings features to mean 0 and standard deviation 1.

    Args:
        features: Those that mean and deviation are of.
    """

    def __init__(self, features: Features) -> None:
        from sklearn.preprocessing import StandardScaler

        self._scaler: Any = StandardScaler().fit(features)

    def __call__(self, features: Features) -> Features:
        """Return features ``[N, F]`` brought to that mean and deviation."""
        return np.asarray(self._scaler.transform(features), dtype=np.float32)

    def folded_into(
        self, weight: NDArray[np.float64], bias: NDArray[np.float64]
    ) -> tuple[Features, Features]:
        """Return weight and bias that do to plain features what these do to standardised ones.

        Args:
            weight: ``[C, F]``.
            bias: ``[C]``.
        """
        folded = weight / self._scaler.scale_
        return folded.astype(np.float32), (bias - folded @ self._scaler.mean_).astype(np.float32)
