from dataclasses import replace
from functools import partial

import numpy as np
import pytest
import torch

from crs_plugin.data import DataError
from crs_plugin.data.decoded_images import ImageReader
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
    later = here.with_encoders(eye(), {"random": eye(blind=True)})
    assert later.open(None) is first
    assert later.features("trained", first).shape == (2, 24)
    assert opened == [1]


def test_other_encoders_get_their_own_features(faces, eye) -> None:
    here = EvaluationContext(lambda: faces([0, 1]), 4)
    one = here.with_encoders(eye(), {"random": eye(blind=True)})
    one.features("trained", one.open(None))
    other = one.with_encoders(eye(blind=True), {"random": eye(blind=True)})
    swapped = other.features("trained", other.open(None))
    assert not np.array_equal(swapped, one.features("trained", one.open(None)))


def test_what_is_made_of_data_is_made_once(faces, eye) -> None:
    here = EvaluationContext(lambda: faces([0, 1, 2]), 4)
    first, other, made = here.open(None), here.open(lambda: faces([0, 1])), []

    def make(dataset, test_data, *, images):
        made.append((dataset, test_data, images))
        return [len(dataset)]

    result = here.once(make, first, None, images=3)
    assert result == [3]
    assert here.once(make, first, None, images=3) is result
    assert here.with_encoders(eye(), {}).once(make, first, None, images=3) is result
    assert len(made) == 1
    for different in ((first, first), (other, None)):
        assert here.once(make, *different, images=3) is not result
    assert here.once(make, first, None, images=4) is not result
    assert here.once(len, first) == 3


def test_what_was_made_of_data_is_made_anew_without_images_that_cannot_be_read(faces) -> None:
    here = some_broken(faces)
    assert here.once(len, here.open(None)) == 6
    here.read_images(
        ImageReader(no_progress, lambda line: None), feature_size=4, other_size=None, skip=True
    )
    assert here.once(len, here.open(None)) == 3


class SomeBroken:
    """Images of which those with an odd number cannot be read."""

    def __init__(self, rows):
        self.rows = rows

    def __len__(self):
        return len(self.rows)

    def take(self, indices):
        return SomeBroken(self.rows[indices])

    def name(self, index):
        return f"image {self.rows[index]}"

    def read(self, index):
        if self.rows[index] % 2:
            raise DataError(f"{self.name(index)}: cannot be read: it is odd")
        return torch.full((1, 4, 4), int(self.rows[index]), dtype=torch.uint8)


def some_broken(faces) -> EvaluationContext:
    dataset = faces([0, 1, 2, 0, 1, 2], ["train", "train", "test", "test", "test", "train"])
    return EvaluationContext(lambda: replace(dataset, images=SomeBroken(np.arange(6))), 4)


@pytest.mark.parametrize("size", [4, None])
def test_all_images_that_cannot_be_read_are_named(faces, size) -> None:
    told = []
    here = some_broken(faces)
    here.open(None)
    reader = ImageReader(lambda *progress: told.append(progress), lambda line: None)
    with pytest.raises(DataError, match=r"3 images cannot be used.*on_bad_image: skip") as raised:
        here.read_images(reader, feature_size=size, other_size=None, skip=False)
    assert all(f"image {row}: cannot be read: it is odd" in str(raised.value) for row in (1, 3, 5))
    assert told[-1][1:] == (6, 6)


@pytest.mark.parametrize("size", [4, None])
def test_images_that_cannot_be_read_are_left_out_everywhere(faces, eye, size) -> None:
    here = some_broken(faces)
    here.open(None)
    reader = ImageReader(no_progress, lambda line: None)
    left_out = here.read_images(reader, feature_size=size, other_size=None, skip=True)
    assert [image.name for image in left_out] == ["image 1", "image 3", "image 5"]
    left = here.open(None)
    assert left.fine.tolist() == [0, 2, 1]
    assert left.skipped["cannot be read"] == 3
    assert {split: sum(row.values()) for split, row in left.counts().items()} == {
        "train": 1,
        "test": 2,
    }
    seeing = here.with_encoders(eye(), {"random": eye(blind=True)})
    assert seeing.features("trained", left.in_split("test")).shape == (2, 24)


def test_images_are_decoded_once_for_features_and_for_training(faces, eye, monkeypatch) -> None:
    here = EvaluationContext(lambda: faces([0, 1, 2] * 5, ["train", "test", "test"] * 5), 4)
    here.open(None)
    here.read_images(
        ImageReader(no_progress, lambda line: None), feature_size=4, other_size=None, skip=False
    )
    monkeypatch.setattr("crs_plugin.evaluation.context.decode", None)
    train = here.open(None).in_split("train")
    decoded = here.decoded(train, 4)
    assert decoded is not None
    assert decoded[torch.tensor([0, 2])].flatten(1)[:, 1].tolist() == [0, 6]
    assert here.decoded(train, 5) is None
    trained = here.with_encoders(eye(), {"random": eye(blind=True)})
    assert trained.features("trained", train).shape == (5, 24)


def test_data_without_features_to_come_are_decoded_to_the_other_size(faces) -> None:
    here = EvaluationContext(lambda: faces([0, 1]), 4)
    reader = ImageReader(no_progress, lambda line: None)
    dataset = here.open(None, for_features=False)
    here.read_images(reader, feature_size=4, other_size=6, skip=False)
    assert here.decoded(dataset, 6) is not None
    assert here.decoded(dataset, 4) is None


def test_features_that_are_not_finite_name_the_encoder(faces, context, eye) -> None:
    here = context(faces([0, 1]), eye(broken=True))
    with pytest.raises(InputError, match=r"trained encoder .* not finite for 2 of 2 .* faces"):
        here.features("trained", here.open(None))


def test_a_stranger_data_set_is_refused(faces, context) -> None:
    here, other = context(faces([0, 1])), context(faces([0, 1]))
    with pytest.raises(ValueError, match="'faces' was not opened by an evaluation's context"):
        here.features("trained", faces([0, 1]))
    with pytest.raises(ValueError, match="'faces' was not opened by this context"):
        here.features("trained", other.open(None))


def test_progress_is_told(faces, eye) -> None:
    told = []
    here = EvaluationContext(lambda: faces([0, 1]), 4).with_encoders(
        eye(), {"random": eye()}, lambda *what: told.append(what)
    )
    here.features("trained", here.open(None))
    assert told == [
        ("features of 2 images of faces", 0, 2),
        ("features of 2 images of faces", 2, 2),
    ]
