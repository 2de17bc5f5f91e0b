"""From predictions to the scores of a target."""

from collections.abc import Mapping, Sequence

from crs_plugin.data.dataset import FaceDataset
from crs_plugin.evaluation.linear_classifier import Ids
from crs_plugin.evaluation.metrics import compare
from crs_plugin.evaluation.result import Predictions, Target


def scored_target(
    title: str,
    test: FaceDataset,
    truth: Ids,
    predicted: Mapping[str, Ids],
    class_names: Sequence[str],
    *,
    train_data: str,
    test_data: str,
    seed: int,
    chosen: Mapping[str, str] | None = None,
    at: Mapping[str, str | float] | None = None,
) -> Target:
    """Score what was predicted for the images of a test set.

    Args:
        title: Name of the target.
        test: The N test images.
        truth: Class ids ``[N]``.
        predicted: Encoder → class ids ``[N]``, ``trained`` first.
        class_names: The C classes.
        train_data: What the classifiers were trained on, in words.
        test_data: What they were tested on, in words.
        seed: Of the intervals' resamples.
        chosen: Encoder → the hyper-parameter that was chosen for it, in words.
        at: What tells the target from others of the same result.
    """
    comparison = compare(truth, predicted, len(class_names), subject=test.subject, seed=seed)
    return Target(
        title=title,
        train_data=train_data,
        test_data=test_data,
        class_names=tuple(class_names),
        scores=comparison.scores,
        gains=comparison.gains,
        predictions=Predictions(test, truth, dict(predicted)),
        chosen=dict(chosen or {}),
        at=dict(at or {}),
    )
