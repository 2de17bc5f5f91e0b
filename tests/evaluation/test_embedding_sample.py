import numpy as np
import pytest

from crs_plugin.evaluation.embedding_sample import NO_COARSE_CLASS, embedding_sample
from crs_plugin.expressions import CoarseTable


def test_it_draws_labelled_test_images(faces, context) -> None:
    here = context(faces([0, 1, 9, -1] * 10, ["train", "test"] * 20))
    sample = embedding_sample(here, CoarseTable.default(), most=6)
    assert sample is not None
    assert sample.data == "test images of faces"
    assert set(sample.fine) == {"happiness"}
    assert set(sample.coarse) == {"positive"}
    assert sample.trained.shape == sample.random.shape == (6, 24)


@pytest.mark.parametrize("seed", [0, 1])
def test_a_set_without_test_split_gives_any(faces, context, seed) -> None:
    here = context(faces([9, 2] * 10))
    sample = embedding_sample(here, CoarseTable.default(), most=100)
    assert sample is not None
    assert sample.data == "images of faces"
    assert sample.coarse == (NO_COARSE_CLASS, "surprise") * 10
    assert not np.array_equal(sample.trained, sample.random)


def test_without_labels_there_is_no_sample(faces, context) -> None:
    assert embedding_sample(context(faces([-1, -1])), CoarseTable.default()) is None
