import numpy as np
import pytest

from crs_plugin.errors import InputError
from crs_plugin.evaluation import EvaluationContext
from crs_plugin.evaluation.protocols import knn as module
from crs_plugin.evaluation.protocols.knn import NearestNeighbours
from crs_plugin.registry import registry

BASIC = list(range(8))


def world(faces, **changes):
    return faces(BASIC * 40, ["train"] * 240 + ["test"] * 80, **changes)


def by_hand(bank, labels, asked, k, temperature):
    bank = bank / np.linalg.norm(bank, axis=1, keepdims=True)
    asked = asked / np.linalg.norm(asked, axis=1, keepdims=True)
    likeness = asked @ bank.T
    found = []
    for row in likeness:
        nearest = np.argsort(-row)[:k]
        votes = np.bincount(labels[nearest], np.exp(row[nearest] / temperature), minlength=8)
        found.append(votes.argmax())
    return np.array(found)


def test_it_is_found_by_name() -> None:
    assert registry.get("evaluation", "knn").target is NearestNeighbours


def test_a_seeing_encoder_scores_one_and_a_blind_one_chance(faces, context) -> None:
    result = NearestNeighbours()(context(world(faces)))
    (target,) = result.targets
    assert result.headline
    assert target.trained.accuracy > 0.97
    assert target.scores["random"].accuracy < 0.3
    assert target.train_data == "faces: 240 images"


@pytest.mark.parametrize("chunk", [7, 512])
def test_it_is_the_weighted_vote_of_all_training_images(faces, context, monkeypatch, chunk) -> None:
    monkeypatch.setattr(module, "_CHUNK", chunk)
    here = context(world(faces))
    (target,) = NearestNeighbours(k=[11], temperature=0.2)(here).targets
    data = here.open(None)
    bank, test = data.in_split("train"), data.in_split("test")
    for which in ("trained", "random"):
        features = (here.features(which, part) for part in (bank, test))
        first, second = features
        expected = by_hand(first, bank.fine.astype(int), second, 11, 0.2)
        np.testing.assert_array_equal(target.predictions.predicted[which], expected)
    assert target.chosen["trained"] == "k = 11, the only one tried"


def test_k_is_chosen_without_the_test_labels(faces, context) -> None:
    shown = np.tile(BASIC, 40)
    wrong = shown.copy()
    wrong[240:] = (wrong[240:] + 1) % 8
    split = ["train"] * 240 + ["test"] * 80
    (honest,) = NearestNeighbours()(context(faces(shown, split, shown=shown))).targets
    (fooled,) = NearestNeighbours()(context(faces(wrong, split, shown=shown))).targets
    assert honest.chosen == fooled.chosen
    assert honest.chosen["trained"].endswith("chosen on validation")
    for which in ("trained", "random"):
        np.testing.assert_array_equal(
            honest.predictions.predicted[which], fooled.predictions.predicted[which]
        )


def test_a_choice_at_an_end_is_noted(faces, context) -> None:
    result = NearestNeighbours(k=[2, 3])(context(world(faces)))
    assert "The k chosen for the trained encoder lies at an end" in result.notes[0]


def test_numbers_beyond_the_training_images_are_not_tried(faces, context) -> None:
    result = NearestNeighbours(k=[5, 10_000])(context(world(faces)))
    assert result.targets[0].chosen["trained"] == "k = 5, the only one tried"


@pytest.mark.parametrize(
    ("options", "fine", "message"),
    [
        ({"k": [500]}, BASIC * 40, "cannot find 500 neighbours among 192"),
        ({}, [-1] * 320, "labelled images in split"),
        ({}, [3] * 320, "only sadness in common"),
    ],
)
def test_what_cannot_be_is_told_before_training(faces, options, fine, message) -> None:
    dataset = faces(fine, ["train"] * 240 + ["test"] * 80)
    with pytest.raises(InputError, match=message):
        NearestNeighbours(**options).check(EvaluationContext(lambda: dataset, 4))


def test_features_that_are_not_finite_are_refused(faces, context, eye) -> None:
    with pytest.raises(InputError, match="not finite"):
        NearestNeighbours()(context(world(faces), trained=eye(broken=True)))
