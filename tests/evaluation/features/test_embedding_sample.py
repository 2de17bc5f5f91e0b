import numpy as np
import pytest

from crs_plugin.evaluation.features.embedding_sample import NO_COARSE_CLASS, embedding_sample
from crs_plugin.expressions import CoarseTable


def test_it_draws_labelled_test_images(faces, context) -> None:
    here = context(faces([0, 1, 9, -1] * 16, ["train", "test"] * 32))
    sample = embedding_sample(here, CoarseTable.default(), most=12)
    assert sample is not None
    assert sample.data == "test images of faces"
    assert set(sample.fine) == {"happiness"}
    assert set(sample.coarse) == {"positive"}
    assert {which: found.shape for which, found in sample.features.items()} == {
        "trained": (12, 24),
        "random": (12, 24),
    }


@pytest.mark.parametrize("seed", [0, 1])
def test_a_set_without_test_split_gives_any(faces, context, seed) -> None:
    here = context(faces([9, 2] * 10))
    sample = embedding_sample(here, CoarseTable.default(), most=100)
    assert sample is not None
    assert sample.data == "images of faces"
    assert sample.coarse == (NO_COARSE_CLASS, "surprise") * 10
    assert not np.array_equal(*sample.features.values())


@pytest.mark.parametrize("fine", [[-1] * 20, [0, 1] * 4 + [-1] * 20, []])
def test_without_labels_enough_there_is_no_sample(faces, context, fine) -> None:
    assert embedding_sample(context(faces(fine)), CoarseTable.default()) is None
