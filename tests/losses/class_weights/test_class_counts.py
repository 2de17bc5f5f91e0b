import numpy as np
import pytest
import torch

from crs_plugin.losses.class_weights.class_counts import counts_by_id, weights_by_count

NAMES = ("glad", "sad", "calm")


@pytest.mark.parametrize(
    "given",
    [
        {"sad": 20, "glad": 5, "calm": 0},
        [5, 20, 0],
        (5, 20, 0),
        np.array([5, 20, 0]),
        torch.bincount(torch.tensor([0] * 5 + [1] * 20), minlength=3),
    ],
)
def test_counts_go_by_name_or_in_the_order_of_the_ids(given) -> None:
    assert counts_by_id(given, NAMES) == [5, 20, 0]


@pytest.mark.parametrize(
    ("given", "error", "message"),
    [
        ({"glad": 1, "sad": 1, "clam": 1}, ValueError, r"'clam' \(did you mean 'calm'\?\)"),
        ({"glad": 1}, ValueError, "lacks sad, calm; write 0 for a class without images"),
        ([1, 2], ValueError, r"2 numbers for 3 classes \(glad, sad, calm\)"),
        ([1, -2, 3], ValueError, "'sad' must be ≥ 0, not -2"),
        ([1, 2.5, 3], TypeError, r"'sad' must be a whole number, not 2\.5"),
        ({"glad": 1, "sad": "2", "calm": 3}, TypeError, "'sad' must be a whole number, not '2'"),
        ([0, 0, 0], ValueError, "no class has an image"),
    ],
)
def test_bad_counts(given, error, message) -> None:
    with pytest.raises(error, match=message):
        counts_by_id(given, NAMES)


def test_the_mean_over_the_images_is_one_and_classes_without_images_count_nowhere() -> None:
    counts = [30, 6, 0, 4]
    weights = weights_by_count(counts, lambda count: 7.0 / count)
    assert weights[2] == 0
    assert (weights * torch.tensor(counts)).sum() / 40 == pytest.approx(1)
    assert weights[1] / weights[0] == pytest.approx(5)
    assert torch.equal(weights[[0, 1, 3]], weights_by_count([30, 6, 4], lambda count: 7.0 / count))
