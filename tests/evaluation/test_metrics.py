import numpy as np
import pytest
import torch
from sklearn.metrics import accuracy_score, f1_score, recall_score
from torchmetrics.functional.classification import multiclass_accuracy, multiclass_f1_score

from crs_plugin.evaluation.metrics import (
    accuracy_and_uar,
    compare,
    interval,
    rates,
    resampled_rates,
)


def drawn(n: int, classes: int, right: float, seed: int) -> tuple[np.ndarray, np.ndarray]:
    generator = np.random.default_rng(seed)
    truth = generator.integers(0, classes, n)
    wrong = (truth + generator.integers(1, classes, n)) % classes
    return truth, np.where(generator.random(n) < right, truth, wrong)


def test_scores_are_those_of_torchmetrics() -> None:
    truth, predicted = drawn(300, 5, 0.6, 1)
    scores = compare(truth, {"trained": predicted, "random": predicted[::-1]}, 5).scores["trained"]
    both = torch.tensor(predicted), torch.tensor(truth)
    assert scores.accuracy == pytest.approx(float((both[0] == both[1]).float().mean()))
    uar = multiclass_accuracy(*both, 5, average="macro")
    assert scores.uar == pytest.approx(float(uar), abs=1e-6)
    f1 = multiclass_f1_score(*both, 5, average="macro")
    assert scores.macro_f1 == pytest.approx(float(f1), abs=1e-6)
    assert np.sum(scores.confusion) == scores.n == 300


def test_confusion_has_truth_in_rows_and_absent_classes_do_not_count() -> None:
    truth, predicted = np.array([0, 0, 1, 1]), np.array([0, 2, 1, 1])
    scores = compare(truth, {"trained": predicted, "random": predicted}, 3).scores["trained"]
    assert scores.confusion == ((1, 0, 1), (0, 2, 0), (0, 0, 0))
    assert scores.per_class_recall == (0.5, 1.0, None)
    assert scores.uar == 0.75
    assert accuracy_and_uar(truth, predicted, 3) == (0.75, 0.75)


@pytest.mark.parametrize("by_person", [False, True])
def test_intervals_cover_the_truth_about_as_often_as_they_say(by_person: bool) -> None:
    covered = 0
    for seed in range(100):
        generator = np.random.default_rng(seed)
        truth = generator.integers(0, 4, 240)
        person = np.repeat(np.arange(60), 4).astype(np.int32)
        luck = generator.random(60)[person] if by_person else generator.random(240)
        predicted = np.where(luck < 0.7, truth, (truth + 1) % 4)
        subject = person if by_person else None
        scores = compare(truth, {"trained": predicted, "random": truth}, 4, subject=subject).scores
        low, high = scores["trained"].accuracy_interval
        covered += low <= 0.7 <= high
    assert 86 <= covered <= 100


def test_intervals_by_person_are_wider_where_persons_differ() -> None:
    truth = np.arange(400) % 4
    person = np.repeat(np.arange(20), 20).astype(np.int32)
    predicted = {"trained": np.where(person < 10, truth, (truth + 1) % 4), "random": truth}

    def width(subject: np.ndarray | None) -> float:
        low, high = (
            compare(truth, predicted, 4, subject=subject).scores["trained"].accuracy_interval
        )
        return high - low

    assert width(person) > 2 * width(None)
    assert width(np.full(400, -1, np.int32)) == width(None)


def test_the_gain_is_paired() -> None:
    truth, random = drawn(200, 4, 0.5, 2)
    trained = random.copy()
    fixed = np.flatnonzero(trained != truth)[:20]
    trained[fixed] = truth[fixed]
    comparison = compare(truth, {"trained": trained, "random": random}, 4)
    assert comparison.gains["random"].accuracy == pytest.approx(0.1)
    assert comparison.gains["random"].accuracy_interval[0] > 0.04
    assert (
        comparison.scores["trained"].accuracy_interval[0]
        < comparison.scores["random"].accuracy_interval[1]
    )


def test_the_same_seed_gives_the_same_intervals_and_leaves_global_randomness_alone() -> None:
    truth, predicted = drawn(100, 3, 0.7, 3)
    both = {"trained": predicted, "random": truth}
    before = np.random.get_state()[1].tolist()
    assert compare(truth, both, 3, seed=5) == compare(truth, both, 3, seed=5)
    assert compare(truth, both, 3, seed=5) != compare(truth, both, 3, seed=6)
    assert np.random.get_state()[1].tolist() == before


def test_no_test_image_is_an_error() -> None:
    none = np.zeros(0, dtype=np.int64)
    with pytest.raises(ValueError, match="no test image"):
        compare(none, {"trained": none, "random": none}, 2)


def test_rates_are_those_of_scikit_learn() -> None:
    generator = np.random.default_rng(0)
    truth, predicted = generator.integers(0, 3, 90), generator.integers(0, 4, 90)
    present = [0, 1, 2]
    expected = [
        accuracy_score(truth, predicted),
        recall_score(truth, predicted, labels=present, average="macro"),
        f1_score(truth, predicted, labels=present, average="macro"),
    ]
    np.testing.assert_allclose(rates(truth, predicted, 4), expected)


def test_resampled_rates_are_those_of_a_comparison() -> None:
    generator = np.random.default_rng(0)
    truth, predicted = generator.integers(0, 3, 90), generator.integers(0, 3, 90)
    subject = np.repeat(np.arange(30, dtype=np.int32), 3)
    resampled = resampled_rates(truth, predicted[None], 3, subject=subject, seed=0)[:, 0]
    scores = compare(truth, {"trained": predicted}, 3, subject=subject, seed=0).scores["trained"]
    assert interval(resampled[:, 0]) == scores.accuracy_interval
    assert interval(resampled[:, 1]) == scores.uar_interval
    low, high = interval(resampled[:, 2])
    assert low < scores.macro_f1 < high
