from typing import Literal

import pytest
import torch
from torch import Tensor

from crs_plugin.losses.label_pairs import LabelPairs
from crs_plugin.miners.hard_negatives import hard_negatives

LABELS = torch.tensor([0, 1, -1, 1, 0, 3, 3, 3, 0, 1])
Hardness = Literal["hardest", "semihard"]


def by_hand(hardness: Hardness, z: Tensor, y: Tensor, others: Tensor, other_y: Tensor, own: bool):
    """The negatives, found one anchor at a time."""
    distance = torch.cdist(*(torch.nn.functional.normalize(rows) for rows in (z, others)))
    found = {}
    for i in range(len(y)):
        near = [
            float(distance[i, j])
            for j in range(len(other_y))
            if other_y[j] == y[i] and not (own and i == j)
        ]
        threshold = min(near, default=float("inf")) if hardness == "semihard" else -1
        negatives = [
            (float(distance[i, j]), j)
            for j in range(len(other_y))
            if -1 not in (y[i], other_y[j]) and other_y[j] != y[i] and distance[i, j] > threshold
        ]
        if negatives:
            found[i] = min(negatives)[1]
    return found


@pytest.mark.parametrize("hardness", ["hardest", "semihard"])
@pytest.mark.parametrize("with_reference", [False, True])
def test_is_the_nearest_negative_that_is_far_enough(
    hardness: Hardness, with_reference: bool
) -> None:
    generator = torch.Generator().manual_seed(0)
    z = torch.randn(len(LABELS), 3, generator=generator)
    others, other_y = z, LABELS
    if with_reference:
        others, other_y = torch.randn(5, 3, generator=generator), torch.tensor([1, -1, 0, 7, 3])
    pairs = LabelPairs(LABELS, other_y if with_reference else None)
    anchors, negatives = hard_negatives(hardness, pairs, z, others)
    found = dict(zip(anchors.tolist(), negatives.tolist(), strict=True))
    assert found == by_hand(hardness, z, LABELS, others, other_y, not with_reference)
    assert len(found) > 4


@pytest.mark.parametrize("hardness", ["hardest", "semihard"])
@pytest.mark.parametrize("labels", [[], [-1, -1], [2, 2], [0], [-1, 2]])
def test_no_negatives(hardness: Hardness, labels: list[int]) -> None:
    z = torch.randn(len(labels), 3)
    pairs = LabelPairs(torch.tensor(labels).long())
    assert [len(index) for index in hard_negatives(hardness, pairs, z, z)] == [0, 0]
    nothing = LabelPairs(LABELS, torch.tensor([]).long())
    z = torch.randn(len(LABELS), 3)
    assert len(hard_negatives(hardness, nothing, z, z[:0])[0]) == 0
