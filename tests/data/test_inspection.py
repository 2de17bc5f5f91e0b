from dataclasses import replace

import numpy as np

from crs_plugin.data.bad_images import BadImage
from crs_plugin.data.inspection import inspected, labels_by_expression


def test_persons_are_those_that_are_known(folder_of):
    faces = folder_of("a.png", "b.png", "c.png")
    assert inspected(faces).subjects is None
    found = inspected(replace(faces, subject=np.array([4, -1, 4], np.int32)))
    assert (found.subjects, found.nameless) == (1, 1)


def test_images_that_cannot_be_read_count_as_left_out(folder_of):
    faces = replace(folder_of("a.png", "b.png", "c.png"), skipped={"cannot be read": 1, "odd": 2})
    found = inspected(faces, {1: BadImage("b.png", "broken")})
    assert found.as_json() == {
        "counts": {"train": {"neutral": 2}},
        "subjects": None,
        "skipped": {"cannot be read": 2, "odd": 2},
        "missing": [],
        "version": 1,
    }


def test_labels_are_gathered_by_expression_in_canonical_order():
    labels = {"0": "anger", "1": None, "2": "neutral", "3": "anger"}
    found = labels_by_expression(labels)
    assert [*found.items()] == [("neutral", ["2"]), ("anger", ["0", "3"]), (None, ["1"])]
    assert labels_by_expression({}) == {}
