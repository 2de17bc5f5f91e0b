import numpy as np
import pytest
import torch

from crs_plugin.evaluation.linear_classifier import LabelledFeatures, choose_and_fit
from crs_plugin.evaluation.released_classifier import fit_and_select_on_test


def clouds(n: int, distance: float, seed: int, shuffled: bool = False) -> LabelledFeatures:
    generator = np.random.default_rng(seed)
    labels = np.arange(n) % 4
    features = generator.normal(size=(n, 16)) + distance * np.eye(4, 16)[labels]
    if shuffled:
        labels = generator.permutation(labels)
    return LabelledFeatures(features.astype(np.float32), labels)


def rate(classifier, test: LabelledFeatures) -> float:
    return float((classifier.predict(test.features) == test.labels).mean())


def test_separable_classes_are_told_apart() -> None:
    classifier = choose_and_fit(clouds(200, 12, 0), clouds(80, 12, 1), 4)
    assert rate(classifier, clouds(200, 12, 2)) == 1.0


def test_shuffled_labels_teach_nothing() -> None:
    classifier = choose_and_fit(clouds(400, 12, 0, True), clouds(80, 12, 1, True), 4)
    assert 0.1 < rate(classifier, clouds(400, 12, 2)) < 0.42


def test_the_scale_of_features_does_not_matter() -> None:
    def scaled(part: LabelledFeatures) -> LabelledFeatures:
        return LabelledFeatures(part.features * 1e-4 + 3, part.labels)

    parts = [clouds(300, 2, seed) for seed in range(3)]
    plain = choose_and_fit(*parts[:2], 4).predict(parts[2].features)
    other = choose_and_fit(*map(scaled, parts[:2]), 4).predict(scaled(parts[2]).features)
    assert (plain == other).mean() > 0.97


def test_validation_chooses_the_regularisation() -> None:
    generator = np.random.default_rng(0)
    labels = np.arange(120) % 2
    noise = generator.normal(size=(120, 100))
    noise[:, 0] += 1.2 * (2 * labels - 1)
    noisy = LabelledFeatures(noise.astype(np.float32), labels)
    chosen = choose_and_fit(noisy.take(np.arange(60)), noisy.take(np.arange(60, 120)), 2)
    assert chosen.regularisation < 1.0
    assert choose_and_fit(clouds(40, 1, 0), clouds(40, 1, 1), 4, [0.3]).regularisation == 0.3


def test_a_class_that_only_validation_has_is_learnt_in_the_end() -> None:
    train, valid = clouds(200, 12, 0), clouds(80, 12, 1)
    partial = train.take(np.flatnonzero(train.labels != 3))
    assert rate(choose_and_fit(partial, valid, 4, [1.0]), clouds(100, 12, 2)) == 1.0


def test_the_released_protocol_reports_the_best_test_epoch() -> None:
    told: list[tuple[int, int]] = []
    state = torch.get_rng_state()
    test = clouds(100, 6, 1)
    best = fit_and_select_on_test(
        clouds(200, 6, 0), test, 4, 0, lambda done, of: told.append((done, of))
    )
    assert (best.predicted == test.labels).mean() > 0.95
    assert 1 <= best.epoch <= 100
    assert told[-1] == (100, 100)
    assert torch.equal(torch.get_rng_state(), state)


def test_of_equally_good_values_the_middle_one_is_taken() -> None:
    chosen = choose_and_fit(clouds(200, 12, 0), clouds(80, 12, 1), 4, [0.3, 0.1, 0.2])
    assert chosen.regularisation == 0.2


@pytest.mark.parametrize("seed", [0, 1])
def test_the_released_protocol_is_seeded(seed: int) -> None:
    one, other = (
        fit_and_select_on_test(clouds(60, 1, 0), clouds(60, 1, 1), 4, seed, lambda *_: None)
        for _ in range(2)
    )
    assert one.epoch == other.epoch
    np.testing.assert_array_equal(one.predicted, other.predicted)
