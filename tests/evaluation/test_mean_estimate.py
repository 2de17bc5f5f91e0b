import numpy as np
import pytest

from crs_plugin.evaluation.mean_estimate import mean_estimate

UNKNOWN = np.full(200, -1, np.int32)


def test_the_interval_is_that_of_a_mean() -> None:
    values = np.random.default_rng(0).normal(5, 2, 200)
    estimate = mean_estimate(values, subject=UNKNOWN, seed=0)
    assert estimate.value == pytest.approx(values.mean())
    error = 1.96 * values.std() / np.sqrt(200)
    expected = (values.mean() - error, values.mean() + error)
    assert estimate.interval == pytest.approx(expected, abs=0.05)


def test_images_of_one_person_are_drawn_together() -> None:
    person = np.repeat(np.arange(10, dtype=np.int32), 20)
    values = np.random.default_rng(0).normal(size=10)[person]
    low, high = mean_estimate(values, subject=person, seed=0).interval
    alone_low, alone_high = mean_estimate(values, subject=UNKNOWN, seed=0).interval
    assert high - low > 3 * (alone_high - alone_low)


def test_groups_count_alike() -> None:
    group = np.array([0] * 190 + [1] * 10)
    values = (group == 0).astype(float)
    estimate = mean_estimate(values, subject=UNKNOWN, seed=0, group=group)
    assert estimate.value == 0.5
    assert estimate.interval == (0.5, 0.5)


def test_a_group_that_a_resample_lacks_does_not_count_there() -> None:
    values, group = np.array([1.0, 0.0]), np.array([0, 1])
    estimate = mean_estimate(values, subject=UNKNOWN[:2], seed=0, group=group)
    assert estimate.interval == (0.0, 1.0)


def test_nothing_has_no_mean() -> None:
    with pytest.raises(ValueError, match="no image"):
        mean_estimate(np.zeros(0), subject=UNKNOWN[:0], seed=0)
