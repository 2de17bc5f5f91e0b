import numpy as np
import pytest
import torch
from lightly.loss.hypersphere_loss import HypersphereLoss

from crs_plugin.evaluation.features.feature_geometry import geometry, multiplicities, normalised

ONCE = np.ones((3, 60))


def features(spread: float, coarse: float, fine: float, seed: int = 0) -> np.ndarray:
    """Features of four expressions, two of each coarse class."""
    generator = np.random.default_rng(seed)
    middles = np.zeros((4, 40))
    middles[:2, 0], middles[2:, 1] = coarse, coarse
    middles[np.arange(4), np.arange(2, 6)] = fine
    ids = np.arange(60) % 4
    noise = spread * generator.normal(size=(60, 40)) / np.sqrt(40)
    return (middles[ids] + noise).astype(np.float32)


def measured(x: np.ndarray, coarse=(0, 0, 1, 1), times=ONCE):
    return geometry(x, np.arange(60) % 4, coarse, times)


def test_uniformity_is_that_of_lightly() -> None:
    x = features(1, 1, 1)
    z = torch.from_numpy(x).double()
    expected = HypersphereLoss(t=2.0)(z, z)
    assert measured(x).uniformity.value == pytest.approx(float(expected))


def test_alignment_is_the_mean_squared_distance_within_expressions() -> None:
    x = features(1, 1, 1)
    z, ids = normalised(x), np.arange(60) % 4
    by_class = [
        np.mean([np.square(z[i] - z[j]).sum() for i in rows for j in rows if i != j])
        for rows in (np.flatnonzero(ids == c) for c in range(4))
    ]
    assert measured(x).alignment.value == pytest.approx(np.mean(by_class))


def test_shares_are_those_of_a_nested_analysis_of_variance() -> None:
    """Without noise, pairs of different images are as good as all."""
    x = features(0.0, 1.0, 0.6)
    z = normalised(x)
    middles = np.stack([z[np.arange(60) % 4 == c].mean(0) for c in range(4)])
    pairs = np.stack([middles[:2].mean(0), middles[2:].mean(0)])
    whole = np.square(z - z.mean(0)).sum(1).mean()
    coarse = np.square(pairs - z.mean(0)).sum(1).mean() / whole
    fine = np.square(middles - z.mean(0)).sum(1).mean() / whole
    found = measured(x)
    assert found.coarse.value == pytest.approx(coarse)
    assert found.expressions.value == pytest.approx(fine) == pytest.approx(1.0)
    assert found.within_coarse.value == pytest.approx(fine - coarse)


def test_a_coarse_constraint_gains_one_share_and_loses_the_other() -> None:
    strong, weak = measured(features(1, 2, 0.1)), measured(features(1, 0.5, 1.5))
    assert strong.coarse.value > weak.coarse.value
    assert strong.within_coarse.value < weak.within_coarse.value


def test_noise_has_no_share_however_few_the_images() -> None:
    shares = [measured(features(1, 0, 0, seed)).expressions.value for seed in range(40)]
    assert abs(np.mean(shares)) < 3 * np.std(shares) / np.sqrt(40)
    assert min(shares) < 0 < max(shares)


def test_features_that_are_all_one_are_aligned_and_separate_nothing() -> None:
    found = measured(np.ones((60, 8), dtype=np.float32))
    assert found.alignment.value == pytest.approx(0)
    assert found.uniformity.value == pytest.approx(0)
    assert found.expressions.value == found.coarse.value == 0


@pytest.mark.parametrize(
    ("coarse", "has_coarse", "has_within"),
    [
        ((None,) * 4, False, False),
        ((0, None, 1, None), True, False),
        ((0, 0, None, None), False, True),
        ((0, 0, 1, None), True, True),
    ],
)
def test_what_cannot_be_compared_is_none(coarse, has_coarse, has_within) -> None:
    found = measured(features(1, 1, 1), coarse)
    assert (found.coarse is not None, found.within_coarse is not None) == (has_coarse, has_within)


def test_intervals_are_by_image_or_person() -> None:
    images = multiplicities(np.arange(60), 0)
    assert images[0].tolist() == [1] * 60
    assert (images.sum(1) == 60).all()
    persons = multiplicities(np.repeat(np.arange(15), 4), 0)
    assert (persons.reshape(-1, 15, 4) == persons.reshape(-1, 15, 4)[:, :, :1]).all()
    assert np.array_equal(persons, multiplicities(np.repeat(np.arange(15), 4), 0))
    low, high = measured(features(1, 1, 1), times=images).coarse.interval
    assert low < measured(features(1, 1, 1)).coarse.value < high


def test_a_resample_that_lacks_a_class_does_not_count() -> None:
    times = np.ones((4, 60))
    times[1, np.arange(60) % 4 == 2] = 0
    low, high = measured(features(1, 1, 1), times=times).coarse.interval
    assert low == pytest.approx(high)
