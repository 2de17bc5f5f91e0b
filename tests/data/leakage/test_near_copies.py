import numpy as np
import pytest
import torch
from copies_of_faces import VERSIONS, nobody, versions

from crs_plugin.data.decoded_images import DecodedImages
from crs_plugin.data.leakage.marks import SIDE, marks
from crs_plugin.data.leakage.near_copies import SIMILARITY, NearCopies, near_copies


def found_in(*pixels: torch.Tensor) -> NearCopies:
    return near_copies(marks(DecodedImages(torch.cat(pixels), ""), nobody).miniatures, nobody)


@pytest.mark.parametrize("name", VERSIONS)
def test_every_copy_is_found(faces, name):
    found = found_in(faces, versions(faces, name))
    pairs = dict(zip(zip(found.first, found.second, strict=True), found.mirrored, strict=True))
    hits = [pairs.get((number, number + 60)) for number in range(60)]
    assert None not in hits
    assert all(hit == (name == "mirrored") for hit in hits)
    assert (found.similarity >= SIMILARITY).all()
    assert (found.first < found.second).all()


def test_a_pair_is_told_once_with_its_best_similarity(faces):
    found = found_in(faces[:10], faces[:10])
    pairs = list(zip(found.first.tolist(), found.second.tolist(), strict=True))
    assert len(pairs) == len(set(pairs))
    exact = [found.similarity[pairs.index((number, number + 10))] for number in range(10)]
    assert np.allclose(exact, 1)


def test_pictures_of_one_shade_are_copies_of_none():
    assert len(near_copies(np.full((5, SIDE, SIDE), 90, np.uint8), nobody).first) == 0
    assert len(near_copies(np.empty((0, SIDE, SIDE), np.uint8), nobody).first) == 0


def test_noise_is_like_no_other_noise():
    noise = np.random.default_rng(0).integers(0, 256, (400, SIDE, SIDE), dtype=np.uint8)
    told = []
    assert len(near_copies(noise, lambda *done: told.append(done)).first) == 0
    assert told == [(400, 400)]
