import numpy as np
import pytest
from sklearn.metrics import precision_score, recall_score

from crs_plugin.evaluation.class_rates import ClassRates
from crs_plugin.evaluation.metrics import compare


def drawn(n: int = 300, classes: int = 4) -> tuple[np.ndarray, np.ndarray]:
    generator = np.random.default_rng(0)
    truth = generator.integers(0, classes, n)
    return truth, np.where(generator.random(n) < 0.6, truth, generator.integers(0, classes, n))


def test_rates_are_those_of_scikit_learn() -> None:
    truth, predicted = drawn()
    rates = ClassRates(truth, {"trained": predicted}, 4)
    for ids in ([2], [0, 3]):
        recall = recall_score(truth, predicted, labels=ids, average="macro")
        precision = precision_score(truth, predicted, labels=ids, average="macro")
        assert rates.recall("trained", ids).value == pytest.approx(recall)
        assert rates.precision("trained", ids).value == pytest.approx(precision)


def test_intervals_are_those_of_the_other_scores() -> None:
    truth, predicted = drawn()
    predictions = {"trained": predicted, "random": predicted[::-1].copy()}
    rates = ClassRates(truth, predictions, 4, seed=5)
    whole = compare(truth, predictions, 4, seed=5).scores
    for which in predictions:
        assert rates.recall(which, range(4)).interval == pytest.approx(whole[which].uar_interval)


def test_persons_are_drawn_whole() -> None:
    truth, predicted = drawn(60)
    alone = ClassRates(truth, {"trained": predicted}, 4).recall("trained", [1])
    same = np.repeat(truth, 30), np.repeat(predicted, 30)
    persons = np.repeat(np.arange(60, dtype=np.int32), 30)
    many = ClassRates(same[0], {"trained": same[1]}, 4, subject=persons).recall("trained", [1])
    width, wide = (np.diff(rate.interval)[0] for rate in (many, alone))
    assert many.value == pytest.approx(alone.value)
    assert width == pytest.approx(wide, rel=0.15)


def test_a_class_that_is_not_there_has_no_rate() -> None:
    truth, predicted = np.array([0, 0, 1]), np.array([0, 0, 0])
    rates = ClassRates(truth, {"trained": predicted}, 3)
    assert rates.recall("trained", [2]) is None
    assert rates.precision("trained", [1]) is None
    assert rates.recall("trained", [1]).value == 0
