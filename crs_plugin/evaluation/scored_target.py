"""From predictions to the scores of a target."""

from collections.abc import Mapping, Sequence

from crs_plugin.data.dataset import FaceDataset
from crs_plugin.evaluation.metrics import compare
from crs_plugin.evaluation.probing.linear_classifier import Ids
from crs_plugin.evaluation.probing.probe_data import ProbeData
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


def probe_target(
    title: str,
    probe: ProbeData,
    predicted: Mapping[str, Ids],
    chosen: Mapping[str, str],
    *,
    seed: int,
) -> Target:
    """Score what was predicted for the test part of a probe.

    Args:
        title: Name of the target.
        probe: The data, with N test images.
        predicted: Encoder → class ids ``[N]``, ``trained`` first.
        chosen: Encoder → the hyper-parameter that was chosen for it, in words.
        seed: Of the intervals' resamples.
    """
    return scored_target(
        title,
        probe.test,
        probe.labels(probe.test),
        predicted,
        probe.class_names,
        train_data=f"{probe.train.name}: {len(probe.train) + len(probe.valid):,} images",
        test_data=f"{probe.test.name}: {len(probe.test):,} images",
        seed=seed,
        chosen=chosen,
    )
