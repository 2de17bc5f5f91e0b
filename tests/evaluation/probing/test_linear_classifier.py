import numpy as np
import pytest
import torch

from crs_plugin.evaluation.probing.linear_classifier import (
    REGULARISATION,
    LabelledFeatures,
    choice_in_words,
    choose_and_fit,
    note_on_end,
)
from crs_plugin.evaluation.probing.released_classifier import fit_and_select_on_test


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


@pytest.mark.parametrize("classes", [4, 2])
def test_weight_and_bias_do_the_same_to_plain_features(classes) -> None:
    def part(seed: int) -> LabelledFeatures:
        cloud = clouds(300, 2, seed)
        return LabelledFeatures(cloud.features * 3 + 5, cloud.labels % classes)

    chosen = choose_and_fit(part(0), part(1), classes, [0.1])
    unseen = part(2).features
    logits = unseen @ chosen.weight.T + chosen.bias
    assert (chosen.weight.shape, chosen.bias.shape) == ((classes, 16), (classes,))
    assert chosen.weight.dtype == chosen.bias.dtype == np.float32
    np.testing.assert_array_equal(logits.argmax(axis=1), chosen.predict(unseen))


def test_weight_and_bias_give_the_solvers_probabilities() -> None:
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    train, valid, unseen = clouds(200, 2, 0), clouds(80, 2, 1), clouds(50, 2, 2).features
    for classes in (2, 4):
        parts = [LabelledFeatures(p.features, p.labels % classes) for p in (train, valid)]
        chosen = choose_and_fit(*parts, classes, [0.1])
        both = parts[0] + parts[1]
        model = make_pipeline(StandardScaler(), LogisticRegression(C=0.1, tol=1e-6))
        model.fit(both.features, both.labels)
        logits = torch.from_numpy(unseen @ chosen.weight.T + chosen.bias)
        expected = model.predict_proba(unseen)
        np.testing.assert_allclose(torch.softmax(logits, 1).numpy(), expected, atol=0.01)


def test_a_class_that_training_never_had_gets_no_probability() -> None:
    chosen = choose_and_fit(clouds(200, 12, 0), clouds(80, 12, 1), 6, [0.1])
    assert chosen.weight.shape == (6, 16)
    assert np.isneginf(chosen.bias[4:]).all()
    assert np.isfinite(chosen.bias[:4]).all()


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


def test_of_two_equally_good_values_the_smaller_one_is_taken() -> None:
    chosen = choose_and_fit(clouds(200, 12, 0), clouds(80, 12, 1), 4, [0.1, 0.2])
    assert chosen.regularisation == 0.1


def test_a_value_that_changes_nothing_any_more_is_not_chosen() -> None:
    train, valid = clouds(4000, 2, 0), clouds(400, 2, 1)
    tried = [0.1, 1.0, 1e1, 1e2, 1e3, 1e4]
    assert choose_and_fit(train, valid, 4, tried).regularisation == 0.1


def test_features_that_want_little_regularisation_get_it() -> None:
    def slight_differences(seed: int) -> LabelledFeatures:
        generator = np.random.default_rng(seed)
        labels = np.arange(240) % 2
        large = generator.normal(size=(240, 1))
        small = 0.02 * (2 * labels[:, None] - 1) + 0.005 * generator.normal(size=(240, 1))
        features = np.concatenate([large, large + small], axis=1)
        return LabelledFeatures(features.astype(np.float32), labels)

    chosen = choose_and_fit(slight_differences(0), slight_differences(1), 2)
    assert chosen.regularisation > 1.0
    assert rate(chosen, slight_differences(2)) > 0.95


@pytest.mark.parametrize(
    ("chosen", "tried", "said"),
    [
        ([0.1], REGULARISATION, []),
        ([0.1], [0.1], []),
        ([100.0], REGULARISATION, ["trained encoder lies at an end", "(0.0001 to 100)"]),
        ([0.1, 0.1], [1.0, 0.1], ["lies in 2 of 2 folds at an end", "(0.1 to 1)"]),
        ([0.1, 1.0, 10.0], [0.1, 1.0, 10.0], ["in 2 of 3 folds"]),
        ([0.1, 1.0], [0.01, 0.1, 1.0, 10.0], []),
    ],
)
def test_a_value_at_an_end_of_those_tried_is_noted(chosen, tried, said) -> None:
    notes = note_on_end("trained", chosen, tried)
    assert len(notes) == bool(said)
    assert all(words in notes[0] for words in said)


@pytest.mark.parametrize(
    ("chosen", "tried", "said"),
    [
        ([0.1], [0.1, 1.0], "C = 0.1, chosen on validation"),
        ([1.0, 0.1, 1.0], [0.1, 1.0], "C = 0.1 (1×), 1 (2×), chosen on validation"),
        ([0.1, 0.1], [0.1], "C = 0.1, the only one tried"),
    ],
)
def test_a_choice_is_said_in_words(chosen, tried, said) -> None:
    assert choice_in_words(chosen, tried) == said


@pytest.mark.parametrize("seed", [0, 1])
def test_the_released_protocol_is_seeded(seed: int) -> None:
    one, other = (
        fit_and_select_on_test(clouds(60, 1, 0), clouds(60, 1, 1), 4, seed, lambda *_: None)
        for _ in range(2)
    )
    assert one.epoch == other.epoch
    np.testing.assert_array_equal(one.predicted, other.predicted)
