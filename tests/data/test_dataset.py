from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from crs_plugin.data.dataset import SPLITS, DataError, FaceDataset, concatenate
from crs_plugin.data.images import ArrayImages
from crs_plugin.expressions import UNLABELLED, fine_id


def faces(
    name: str, labels: list[str | None], split: str = "all", subject: int = -1
) -> FaceDataset:
    n = len(labels)
    pixels = np.arange(n, dtype=np.uint8).reshape(n, 1, 1, 1)
    return FaceDataset(
        name,
        ArrayImages(pixels, np.arange(n), Path(name)),
        np.array([UNLABELLED if x is None else fine_id(x) for x in labels], np.int16),
        np.full(n, SPLITS.index(split), np.int8),
        np.full(n, subject, np.int32),
        {"blurred": 2},
    )


def test_columns_must_have_one_length() -> None:
    with pytest.raises(ValueError, match=r"'a': columns differ in length: \[1, 2\]"):
        replace(faces("a", ["fear", "fear"]), split=np.zeros(1, np.int8))


def test_counts_are_by_split_and_canonical_order_and_show_missing_labels() -> None:
    joined = concatenate([faces("a", ["fear", "neutral", None], "train"), faces("b", ["anger"])])
    assert joined.counts() == {
        "train": {"neutral": 1, "fear": 1, "(no label)": 1},
        "all": {"anger": 1},
    }
    assert joined.expressions == ("neutral", "anger", "fear")
    assert joined.labelled().counts()["train"] == {"neutral": 1, "fear": 1}


def test_a_set_without_splits_belongs_to_each() -> None:
    joined = concatenate([faces("a", ["fear"], "train"), faces("b", ["anger"])])
    assert joined.in_split("test").expressions == ("anger",)
    assert joined.in_split("train").expressions == ("anger", "fear")


def test_concatenated_sets_keep_images_subjects_and_reasons_apart() -> None:
    a, b = faces("a", ["fear"] * 3, subject=0), faces("b", ["anger"] * 2, subject=0)
    unknown = faces("c", ["neutral"])
    joined = concatenate([a, b, unknown])
    assert joined.name == "a + b + c"
    assert joined.subject.tolist() == [0, 0, 0, 1, 1, -1]
    lost = [replace(each, missing=(f"{each.name}/lost.png",)) for each in (a, b)]
    assert concatenate(lost).missing == ("a/lost.png", "b/lost.png")
    named = [replace(each, subject_names={0: "ann"}) for each in (a, b)]
    assert concatenate(named).subject_names == {}
    assert joined.skipped == {"a: blurred": 2, "b: blurred": 2, "c: blurred": 2}
    taken = joined.take(np.array([4, 0, 5]))
    assert [int(taken.images.read(i)) for i in range(3)] == [1, 0, 0]
    assert [taken.images.name(i) for i in range(3)] == ["b:1", "a:0", "c:0"]


def test_joined_images_come_apart_with_their_positions() -> None:
    joined = concatenate([faces("a", ["fear"] * 3), faces("b", ["anger"] * 2)])
    images = joined.take(np.array([4, 1, 0])).images
    parts = [
        ([part.name(i) for i in range(len(part))], positions.tolist())
        for part, positions in images.by_part()
    ]
    assert parts == [(["a:1", "a:0"], [1, 2]), (["b:1"], [0])]


def test_one_set_stays_itself() -> None:
    a = faces("a", ["fear"])
    assert concatenate([a]) is a


def with_votes(dataset: FaceDataset, width: int = 2) -> FaceDataset:
    votes = np.arange(len(dataset) * width, dtype=np.float32).reshape(-1, width)
    return replace(dataset, extra={"votes": votes})


def test_extra_columns_go_with_their_records() -> None:
    a = with_votes(faces("a", ["fear", "anger", None], "train"))
    assert a.take(np.array([2, 0])).extra["votes"].tolist() == [[4, 5], [0, 1]]
    assert a.labelled().extra["votes"].tolist() == [[0, 1], [2, 3]]
    assert len(a.in_split("test").extra["votes"]) == 0
    with pytest.raises(ValueError, match="columns differ in length"):
        replace(a, extra={"votes": np.zeros((2, 2), np.float32)})


def test_extra_columns_are_unknown_in_sets_that_have_none() -> None:
    joined = concatenate([faces("a", ["fear"]), with_votes(faces("b", ["anger"] * 2))])
    votes = joined.extra["votes"]
    assert votes.dtype == np.float32
    assert np.isnan(votes[0]).all()
    assert votes[1:].tolist() == [[0, 1], [2, 3]]
    assert joined.take(np.array([2])).extra["votes"].tolist() == [[2, 3]]


def test_extra_columns_of_one_name_must_be_alike() -> None:
    with pytest.raises(DataError, match=r"'votes' is not the same .*: \[2\] in a, \[3\] in b"):
        concatenate([with_votes(faces("a", ["fear"])), with_votes(faces("b", ["fear"]), 3)])
