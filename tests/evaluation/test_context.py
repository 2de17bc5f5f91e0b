from dataclasses import replace
from functools import partial

import numpy as np
import pytest

from crs_plugin.data import DataError
from crs_plugin.errors import InputError
from crs_plugin.evaluation import EvaluationContext
from crs_plugin.evaluation.context import no_progress


def test_each_encoder_sees_each_image_once(faces, context, eye) -> None:
    trained, random = eye(), eye(blind=True)
    dataset = faces([0, 1, 2] * 10, ["train", "test"] * 15)
    here = context(dataset, trained, random)
    opened = here.open(None)
    test = here.features("trained", opened.in_split("test"))
    whole = here.features("random", opened)
    here.features("trained", opened.take(np.array([3, 3, 5])))
    assert sorted(trained.seen) == sorted(random.seen) == list(range(30))
    assert test.shape == (15, 24)
    assert whole.dtype == np.float32


def test_features_follow_the_images_however_they_are_taken(faces, context) -> None:
    here = context(faces([0, 1, 2, 3] * 5))
    opened = here.open(None)
    everything = here.features("trained", opened)
    order = np.random.default_rng(0).permutation(20)
    shuffled = opened.take(order).take(np.arange(5, 15))
    np.testing.assert_array_equal(here.features("trained", shuffled), everything[order[5:15]])


def test_equal_sources_are_opened_once(faces) -> None:
    opened = []

    def source(fine: int):
        opened.append(fine)
        return faces([fine] * 3)

    here = EvaluationContext(partial(source, 0), 4)
    assert here.open(None) is here.open(partial(source, 0))
    assert here.open(partial(source, 1)) is not here.open(None)
    assert opened == [0, 1]


def test_what_was_opened_for_the_check_stays_open_with_encoders(faces, eye) -> None:
    opened = []
    here = EvaluationContext(lambda: opened.append(1) or faces([0, 1]), 4)
    first = here.open(None)
    later = here.with_encoders(eye(), eye(blind=True))
    assert later.open(None) is first
    assert later.features("trained", first).shape == (2, 24)
    assert opened == [1]


def test_other_encoders_get_their_own_features(faces, eye) -> None:
    here = EvaluationContext(lambda: faces([0, 1]), 4)
    one = here.with_encoders(eye(), eye(blind=True))
    one.features("trained", one.open(None))
    other = one.with_encoders(eye(blind=True), eye(blind=True))
    swapped = other.features("trained", other.open(None))
    assert not np.array_equal(swapped, one.features("trained", one.open(None)))


def test_images_that_cannot_be_read_are_found_unless_they_were_read_before(faces) -> None:
    class Unreadable:
        def __init__(self, rows):
            self.rows = rows

        def __len__(self):
            return len(self.rows)

        def take(self, indices):
            return Unreadable(self.rows[indices])

        def read(self, index):
            raise DataError(f"image {self.rows[index]} cannot be read")

    readable = faces([0, 1, 2, 0], ["train", "train", "test", "test"])
    here = EvaluationContext(lambda: replace(readable, images=Unreadable(np.arange(4))), 4)
    before = here.open(None).in_split("train")
    told = []
    with pytest.raises(DataError, match="2 of 2 images") as raised:
        here.check_images(before, lambda *progress: told.append(progress))
    assert "image 2 " in str(raised.value)
    assert "image 3 " in str(raised.value)
    assert told[-1][1:] == (2, 2)
    with pytest.raises(DataError, match="4 of 4 images"):
        here.check_images(None, no_progress)
    EvaluationContext(lambda: readable, 4).check_images(None, no_progress)


def test_features_that_are_not_finite_name_the_encoder(faces, context, eye) -> None:
    here = context(faces([0, 1]), eye(broken=True))
    with pytest.raises(InputError, match=r"trained encoder .* not finite for 2 of 2 .* faces"):
        here.features("trained", here.open(None))


def test_a_stranger_data_set_is_refused(faces, context) -> None:
    with pytest.raises(ValueError, match="not opened by this context"):
        context(faces([0, 1])).features("trained", faces([0, 1]))


def test_progress_is_told(faces, eye) -> None:
    told = []
    here = EvaluationContext(lambda: faces([0, 1]), 4).with_encoders(
        eye(), eye(), lambda *what: told.append(what)
    )
    here.features("trained", here.open(None))
    assert told == [("features of faces", 0, 2), ("features of faces", 2, 2)]
