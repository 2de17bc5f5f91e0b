import pytest
import torch

from crs_plugin.losses.label_pairs import LabelPairs
from crs_plugin.miners.random_negatives import random_negatives

LABELS = torch.tensor([0, 1, -1, 1, 0, 3, 3, 3, 0, 1])
REFERENCE = torch.tensor([1, -1, 0, 7, 7])


def drawn(pairs: LabelPairs, most: int, seed: int = 0) -> list[tuple[int, int]]:
    torch.manual_seed(seed)
    found = list(zip(*(index.tolist() for index in random_negatives(pairs, most)), strict=True))
    assert len(set(found)) == len(found)
    return found


@pytest.mark.parametrize("reference", [None, REFERENCE])
@pytest.mark.parametrize("most", [1, 2, 4, 100])
def test_every_anchor_has_as_many_of_its_negatives_as_it_may(
    reference: torch.Tensor | None, most: int
) -> None:
    pairs = LabelPairs(LABELS, reference)
    every = list(zip(*(index.tolist() for index in pairs[2:]), strict=True))
    found = drawn(pairs, most)
    assert set(found) <= set(every)
    for anchor in range(len(LABELS)):
        total = sum(a == anchor for a, _ in every)
        assert sum(a == anchor for a, _ in found) == min(most, total)
    assert [a for a, _ in found] == sorted(a for a, _ in found)


def test_every_set_of_negatives_is_as_likely() -> None:
    pairs = LabelPairs(torch.tensor([0, 1, 1, 0, 2, 2]))  # 4 negatives each, so 6 sets of 2
    torch.manual_seed(0)
    seen: dict[tuple[int, ...], int] = {}
    for _ in range(600):
        anchors, negatives = random_negatives(pairs, 2)
        chosen = tuple(sorted(negatives[anchors == 1].tolist()))
        seen[chosen] = seen.get(chosen, 0) + 1
    assert set(seen) == {(0, 3), (0, 4), (0, 5), (3, 4), (3, 5), (4, 5)}
    assert all(60 < number < 140 for number in seen.values())  # 100 ± 4.4 standard deviations


def test_the_global_generator_of_torch_decides() -> None:
    pairs = LabelPairs(torch.arange(40) % 4)
    assert drawn(pairs, 3) == drawn(pairs, 3)
    assert drawn(pairs, 3) != drawn(pairs, 3, seed=1)


@pytest.mark.parametrize("labels", [[], [-1, -1], [2, 2], [0]])
def test_no_negatives(labels: list[int]) -> None:
    assert drawn(LabelPairs(torch.tensor(labels).long()), 3) == []


def test_a_large_batch_needs_no_matrix() -> None:
    pairs = LabelPairs(torch.arange(200_000) % 4)
    assert len(random_negatives(pairs, 2)[0]) == 400_000
