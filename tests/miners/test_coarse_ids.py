import pytest
import torch

from crs_plugin.expressions import ALL_EXPRESSIONS, DEFAULT_COARSE, CoarseTable
from crs_plugin.miners.coarse_ids import CoarseIds


def test_maps_as_the_table_does() -> None:
    ids = CoarseIds(DEFAULT_COARSE, ALL_EXPRESSIONS, -1)
    table = CoarseTable.default()
    labels = torch.tensor([*range(len(ALL_EXPRESSIONS)), -1])
    assert ids.classes == table.classes
    assert ids(labels).tolist() == [*table.ids(), -1]
    assert ids(labels.int()).dtype is torch.int64


def test_rows_without_a_label_and_expressions_without_a_class_are_unlabelled() -> None:
    ids = CoarseIds({"happy": "up", "angry": "down"}, ("anger", "fear", "happiness"), 1)
    assert ids.classes == ("up", "down")
    assert ids(torch.tensor([0, 1, 2])).tolist() == [1, -1, 0]
    assert CoarseIds({"happy": "up"}, ("happy",), -7)(torch.tensor([-7, 0])).tolist() == [-1, 0]


def test_no_labels() -> None:
    assert CoarseIds(DEFAULT_COARSE, ALL_EXPRESSIONS, -1)(torch.tensor([]).long()).tolist() == []


@pytest.mark.parametrize("label", [-1, 3])
def test_other_ids_are_refused(label: int) -> None:
    ids = CoarseIds(DEFAULT_COARSE, ("anger", "fear", "happiness"), 9)
    with pytest.raises(ValueError, match=rf"label {label} \(row 1\) is none of the 3 classes"):
        ids(torch.tensor([9, label]))
