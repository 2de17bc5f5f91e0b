from pathlib import Path

import numpy as np
import pytest
import torch

from crs_plugin.data import DataError, FaceDataset, concatenate, split_off
from crs_plugin.data.images import ArrayImages
from crs_plugin.data.splitting import subject_folds


def faces(counts: dict[int, int], subjects: int = 0, names: list[int] | None = None) -> FaceDataset:
    fine = np.repeat(list(counts), list(counts.values())).astype(np.int16)
    n = len(fine)
    return FaceDataset(
        "faces",
        ArrayImages(
            np.zeros((n, 1, 1, 1), np.uint8), np.array(names or range(n)), Path("faces.csv")
        ),
        fine,
        np.zeros(n, np.int8),
        np.arange(n, dtype=np.int32) % subjects if subjects else np.full(n, -1, np.int32),
    )


def names(dataset: FaceDataset) -> list[str]:
    return [dataset.images.name(i) for i in range(len(dataset))]


@pytest.mark.parametrize("fraction", [0.1, 0.15, 0.25, 0.5, 0.9])
def test_part_has_every_label_in_proportion(fraction: float) -> None:
    whole = faces({0: 400, 1: 100, 5: 20})
    rest, part = split_off(whole, fraction, seed=3)
    assert sorted(names(rest) + names(part)) == sorted(names(whole))
    for label, n in {0: 400, 1: 100, 5: 20}.items():
        assert abs((part.fine == label).sum() - fraction * n) <= 1


def test_both_sides_keep_the_order() -> None:
    whole = faces({0: 50, 1: 50})
    for side in split_off(whole, 0.3, seed=0):
        numbers = [int(name.rpartition(":")[2]) for name in names(side)]
        assert numbers == sorted(numbers)


def test_seed_decides_and_global_random_state_does_not() -> None:
    whole = faces({0: 50, 1: 50})
    np.random.seed(0)
    torch.manual_seed(0)
    state = np.random.get_state()[1].tolist(), torch.get_rng_state().tolist()
    first = names(split_off(whole, 0.3, seed=1)[1])
    assert state == (np.random.get_state()[1].tolist(), torch.get_rng_state().tolist())
    np.random.seed(7)
    assert names(split_off(whole, 0.3, seed=1)[1]) == first
    assert names(split_off(whole, 0.3, seed=2)[1]) != first


@pytest.mark.parametrize("subjects", [2, 10, 97])
def test_no_person_is_on_both_sides(subjects: int) -> None:
    rest, part = split_off(faces({0: 300, 1: 200}, subjects), 0.2, seed=0)
    assert not set(rest.subject) & set(part.subject)
    assert len(rest) + len(part) == 500
    if subjects > 10:
        assert abs(len(part) - 100) < 25


def test_known_and_unknown_persons_are_both_split() -> None:
    whole = concatenate([faces({0: 100, 1: 100}, subjects=20), faces({0: 100, 1: 100})])
    rest, part = split_off(whole, 0.25, seed=0)
    assert 90 <= len(part) <= 110
    assert (part.subject < 0).sum() == 50
    assert not set(rest.subject[rest.subject >= 0]) & set(part.subject[part.subject >= 0])


def test_an_image_listed_twice_is_on_one_side() -> None:
    twice = faces({0: 40}, names=list(range(20)) * 2)
    for seed in range(5):
        rest, part = split_off(twice, 0.5, seed)
        assert not set(names(rest)) & set(names(part))
        assert len(rest) + len(part) == 40


def test_a_label_with_a_single_image_is_no_obstacle() -> None:
    rest, part = split_off(faces({0: 20, 1: 1}), 0.25, seed=0)
    assert len(rest) + len(part) == 21
    assert 4 <= len(part) <= 7


@pytest.mark.parametrize("whole", [faces({0: 1}), faces({0: 1, 1: 1}), faces({0: 30}, subjects=1)])
def test_too_little_to_cut_is_an_error(whole: FaceDataset) -> None:
    with pytest.raises(DataError, match=r"a part of 0\.5 cannot be split off .* would be empty"):
        split_off(whole, 0.5, seed=0)


@pytest.mark.parametrize("fraction", [0, 1, -0.1, 1.5])
def test_fraction_is_checked(fraction: float) -> None:
    with pytest.raises(ValueError, match="between 0 and 1"):
        split_off(faces({0: 9}), fraction, seed=0)


def test_folds_test_every_image_once_and_no_person_twice() -> None:
    whole = faces({0: 60, 1: 40}, subjects=17)
    folds = subject_folds(whole, 5, seed=0)
    assert sorted(np.concatenate([test for _, test in folds]).tolist()) == list(range(100))
    for train, test in folds:
        assert sorted([*train, *test]) == list(range(100))
        assert not set(whole.subject[train]) & set(whole.subject[test])
    again = subject_folds(whole, 5, seed=0)
    assert all(np.array_equal(a[1], b[1]) for a, b in zip(folds, again, strict=True))


def test_as_many_folds_as_persons() -> None:
    folds = subject_folds(faces({0: 4, 1: 4, 2: 4}, subjects=6), 6, seed=0)
    assert [len(test) for _, test in folds] == [2] * 6


@pytest.mark.parametrize(
    ("whole", "message"),
    [
        (faces({0: 9}), "9 of 9 have none"),
        (faces({0: 9}, subjects=3), "3 persons do not make 4 folds"),
    ],
)
def test_folds_need_enough_known_persons(whole: FaceDataset, message: str) -> None:
    with pytest.raises(DataError, match=message):
        subject_folds(whole, 4, seed=0)


def test_persons_of_real_photos_stay_together(real_faces: Path) -> None:
    from crs_plugin.data.datasets.table import table

    photos = table(
        root=real_faces / "muxspace",
        file="legend.csv",
        image_column="image",
        image_folder="images",
        label_column="emotion",
        subject_pattern=r"^(.+)_\d+\.jpg$",
    )
    assert len(photos) == 1739
    assert photos.subject_known
    assert photos.counts()["all"]["contempt"] == 9
    rest, part = split_off(photos, 0.2, seed=0)
    assert not set(rest.subject) & set(part.subject)
    assert abs(len(part) - 348) < 20
    assert part.expressions == photos.expressions
