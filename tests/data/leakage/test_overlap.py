import numpy as np
import pytest
import torch
from copies_of_faces import dataset_of, nobody, part_of, versions

from crs_plugin.data.leakage.copies import find_copies
from crs_plugin.data.leakage.overlap import Overlap, overlap


def compared(*parts, strangers: bool = True) -> Overlap:
    return overlap(parts, find_copies(parts, nobody), 0, 1, strangers=strangers)


@pytest.fixture
def sides(faces, tmp_path):
    """Ten images, and six of which two are exact and two near copies of these, one twice there."""
    one = dataset_of(faces[:10], tmp_path, name="one")
    near = versions(faces[3:5], "mirrored")
    other = dataset_of(torch.cat([faces[1:3], near, faces[20:22]]), tmp_path, name="other")
    return part_of("a", one), part_of("b", other)


def test_what_is_on_both_sides_is_counted_and_listed(sides):
    found = compared(*sides)
    assert (found.exact, found.near, found.subjects) == (2, 2, None)
    pairs = found.copies
    listed = list(zip(pairs.first.tolist(), pairs.second.tolist(), strict=True))
    assert listed[:2] == [(1, 0), (2, 1)]
    assert sorted(listed[2:]) == [(3, 2), (4, 3)]
    assert (np.diff(pairs.similarity) <= 0).all()
    assert pairs.exact.tolist() == [True, True, False, False]
    assert pairs.mirrored.tolist() == [False, False, True, True]
    assert found.first_copied.tolist() == found.first_leaking.tolist() == [1, 2, 3, 4]
    assert found.is_leak


def test_nothing_in_common_is_no_leak(faces, tmp_path):
    dataset = dataset_of(faces, tmp_path)
    found = compared(part_of("a", dataset, range(30)), part_of("b", dataset, range(30, 60)))
    assert len(found.copies) == found.exact == found.near == 0
    assert found.first_leaking.tolist() == []
    assert not found.is_leak


def test_an_image_in_both_parts_is_its_own_copy(faces, tmp_path):
    dataset = dataset_of(faces[[0, 0, 1, 2]], tmp_path)
    found = compared(part_of("a", dataset, [0, 1, 2]), part_of("b", dataset, [1, 2, 3]))
    assert (found.exact, found.near) == (2, 0)
    pairs = set(zip(found.copies.first.tolist(), found.copies.second.tolist(), strict=True))
    assert pairs == {(1, 1), (2, 2), (0, 1)}  # the copy of row 1 in the first part as well
    assert found.first_copied.tolist() == [0, 1, 2]


def test_every_image_of_either_side_is_listed_with_its_nearest(faces, tmp_path):
    blurred = versions(faces[:1], "half the size")
    one = dataset_of(torch.cat([blurred, faces[:1], versions(faces[:1], "JPEG 30")]), tmp_path)
    other = dataset_of(faces[[0, 30]], tmp_path)
    found = compared(part_of("a", one), part_of("b", other))
    assert (found.exact, found.near) == (1, 0)
    assert found.copies.first[0] == 1
    assert sorted(found.copies.first.tolist()) == [0, 1, 2]
    assert set(found.copies.second.tolist()) == {0}
    assert (np.diff(found.copies.similarity) <= 0).all()


def test_persons_on_both_sides(faces, tmp_path):
    dataset = dataset_of(faces[:6], tmp_path, subject=[0, 0, 1, 1, 2, -1])
    parts = part_of("a", dataset, [0, 2, 3, 5]), part_of("b", dataset, [1, 4])
    found = compared(*parts)
    assert found.subjects == 1
    assert (found.persons.first.tolist(), found.persons.second.tolist()) == ([0], [1])
    assert found.first_leaking.tolist() == [0]
    assert found.is_leak
    known = compared(*parts, strangers=False)
    assert known.subjects == 1
    assert known.first_leaking.tolist() == []
    assert not known.is_leak


def test_persons_of_two_sets_are_not_compared_unless_these_share_images(faces, tmp_path):
    one = dataset_of(faces[:4], tmp_path, subject=[0, 0, 1, 1])
    other = dataset_of(faces[4:8], tmp_path, subject=[0, 0, 1, 1])
    assert compared(part_of("a", one), part_of("b", other)).subjects is None
    shared = dataset_of(faces[[0, 9, 9]], tmp_path, subject=[3, 3, 5])
    found = compared(part_of("a", one), part_of("b", shared))
    assert found.subjects == 1
    assert found.first_leaking.tolist() == [0, 1]


def test_look_alikes_of_a_world_of_look_alikes_are_no_copies(faces, tmp_path):
    """Drawn faces are more similar than photographs of different persons ever are."""
    both = torch.cat([faces, versions(faces[:5], "JPEG 30")])
    dataset = dataset_of(both, tmp_path)
    found = compared(part_of("a", dataset, range(60)), part_of("b", dataset, range(60, 65)))
    assert found.near == 5
