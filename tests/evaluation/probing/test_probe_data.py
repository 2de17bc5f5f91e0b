from dataclasses import replace

import numpy as np
import pytest

from crs_plugin.data.dataset import DataError
from crs_plugin.evaluation.features.traced_images import traced
from crs_plugin.evaluation.probing.probe_data import ProbeData, probe_data
from crs_plugin.expressions import UNLABELLED

BASIC = [0, 1, 2, 3]


def divided(data, test_data=None, fraction=0.2) -> ProbeData:
    return probe_data(
        traced(data),
        traced(test_data) if test_data is not None else None,
        validation_fraction=fraction,
        seed=0,
    )


def rows(part) -> set[int]:
    return set(part.images.rows.tolist())


def test_splits_are_used_as_they_are(faces) -> None:
    split = ["train", "valid", "test"] * 20
    probe = divided(faces(np.repeat(BASIC, 15), split))
    assert rows(probe.train) == set(range(0, 60, 3))
    assert rows(probe.valid) == set(range(1, 60, 3))
    assert rows(probe.test) == set(range(2, 60, 3))
    assert probe.notes == ()


def test_without_a_valid_split_a_part_of_train_is_set_aside(faces) -> None:
    probe = divided(faces(BASIC * 30, ["train"] * 80 + ["test"] * 40), fraction=0.25)
    assert len(probe.valid) == 20
    assert rows(probe.train) | rows(probe.valid) == set(range(80))
    assert rows(probe.train).isdisjoint(rows(probe.valid))


def test_extra_columns_stay_with_their_images(faces) -> None:
    votes = np.arange(120, dtype=np.float32)[:, None]
    data = replace(faces(BASIC * 30, "all"), extra={"votes": votes})
    probe = divided(data)
    for part in (probe.train, probe.valid, probe.test):
        assert part.extra["votes"][:, 0].tolist() == part.images.rows.tolist()


def test_a_set_without_splits_is_divided_by_person(faces) -> None:
    person = np.repeat(np.arange(20), 4)
    probe = divided(faces(BASIC * 20, "all", person))
    persons = [set(part.subject.tolist()) for part in (probe.train, probe.valid, probe.test)]
    assert persons[0] | persons[1] | persons[2] == set(range(20))
    assert sum(map(len, persons)) == 20
    assert len(probe.test) == 16
    assert "without splits: 16 of 80" in probe.notes[0]


def test_records_without_split_never_test_beside_those_with_one(faces) -> None:
    probe = divided(faces(BASIC * 30, ["train", "test", "all"] * 40))
    parts = [rows(part) for part in (probe.train, probe.valid, probe.test)]
    assert sum(map(len, parts)) == len(set.union(*parts)) == 120


def test_a_valid_split_that_shares_persons_with_train_is_divided_anew(faces) -> None:
    person = np.arange(60) // 6
    split = ["train", "train", "valid"] * 16 + ["test"] * 12
    probe = divided(faces(BASIC * 15, split, person))
    assert not set(probe.train.subject) & set(probe.valid.subject)
    assert len(probe.train) + len(probe.valid) == 48
    (note,) = probe.notes
    assert note.startswith("8 persons of the valid split also occur in training")
    assert f"{len(probe.train)} images to train and {len(probe.valid)} to choose" in note


def test_persons_shared_by_the_sets_own_splits_are_noted(faces) -> None:
    person = np.arange(60) // 6
    probe = divided(faces(BASIC * 15, ["train", "train", "test"] * 20, person))
    assert any(note.startswith("10 persons of the test split") for note in probe.notes)


@pytest.mark.parametrize(
    ("split", "tested"), [("all", set(range(40))), (["train", "test"] * 20, set(range(1, 40, 2)))]
)
def test_other_test_data_give_their_test_split_or_all(faces, split, tested) -> None:
    probe = divided(faces(BASIC * 10, "train"), faces(BASIC * 10, split, name="others"))
    assert rows(probe.test) == tested
    assert probe.test.name == "others"


def test_classes_are_matched_by_name_and_what_is_dropped_is_noted(faces) -> None:
    train = faces([0, 1, 2, 7] * 10, "train", name="one")
    probe = divided(train, faces([1, 2, 0, 5] * 5, name="other"))
    assert probe.class_names == ("neutral", "happiness", "surprise")
    assert set(probe.labels(probe.test)) == {0, 1, 2}
    assert "10 training images of contempt were left out" in probe.notes[0]
    assert "5 test images of disgust were left out" in probe.notes[1]


def test_a_rare_class_that_is_dropped_anyway_does_no_harm(faces) -> None:
    probe = divided(faces([*BASIC * 10, 7], "train"), faces(BASIC * 5))
    assert "contempt" not in probe.class_names


def test_unlabelled_images_are_left_out_and_counted(faces) -> None:
    fine = [*BASIC * 10, UNLABELLED, UNLABELLED]
    probe = divided(faces(fine, "train"), faces(BASIC * 5))
    assert probe.notes[0] == "2 images of faces without a label were left out."


@pytest.mark.parametrize(
    ("fine", "split", "message"),
    [
        ([0, 1] * 9, "train", r"labelled images in split 'test'; found: train \(18 images"),
        ([0, 1] * 9, ["train", "valid"] * 9, "'valid_as_test' test on their validation images"),
        ([0, 1] * 9, "test", "labelled images in split 'train'"),
        ([0] * 9, ["train", "train", "test"] * 3, "only neutral in common"),
        ([0, 1, 2] * 6, ["train", "test", "test"] * 6, "no class in common"),
        ([0] * 6 + [1] * 6, ["train"] * 6 + ["test"] * 6, "no class in common"),
        (
            [0] * 9 + [1] * 3,
            ["train", "test", "train"] * 3 + ["train", "test", "test"],
            "happiness has a single image",
        ),
        ([UNLABELLED] * 6, ["train", "test"] * 3, r"train \(3 images, 3 without a label\)"),
    ],
)
def test_what_cannot_give_a_figure_is_told(faces, fine, split, message) -> None:
    with pytest.raises(DataError, match=message):
        divided(faces(fine, split))


def test_a_test_set_without_labels_is_told(faces) -> None:
    with pytest.raises(DataError, match=r"others: .* 8 without a label"):
        divided(faces(BASIC * 9, "train"), faces([UNLABELLED] * 8, name="others"))


def test_an_empty_test_set_is_told_by_its_own_name(faces) -> None:
    with pytest.raises(DataError, match=r"others: .* no image"):
        divided(faces(BASIC * 9, "train"), faces([], name="others"))


def test_training_data_as_test_data_are_refused(faces) -> None:
    data = faces(BASIC * 9)
    with pytest.raises(DataError, match="both the training and the test data"):
        divided(data, data)


def test_persons_with_one_expression_each_are_refused(faces) -> None:
    with pytest.raises(DataError, match="one class to learn from"):
        divided(
            faces([0] * 6 + [1] * 6, "train", [0] * 6 + [1] * 6, name="pair"),
            faces([0, 1] * 4),
        )
