import numpy as np
import pytest
from copies_of_faces import nobody, versions

from crs_plugin.data.decoded_images import DecodedImages
from crs_plugin.data.leakage.marks import SIDE, marks
from crs_plugin.data.leakage.near_copies import SIMILARITY
from crs_plugin.data.leakage.needed_similarity import MOST_NEEDED, needed_similarity


def noise(n: int, common: float = 0.0, seed: int = 0) -> np.ndarray:
    generator = np.random.default_rng(seed)
    shared = np.random.default_rng(99).normal(size=(SIDE, SIDE))
    pictures = common * shared + (1 - common) * generator.normal(size=(n, SIDE, SIDE))
    return np.clip(128 + 40 * pictures, 0, 255).astype(np.uint8)


def test_pictures_unlike_one_another_need_what_is_needed_at_least():
    assert needed_similarity(noise(200), noise(100, seed=1)) == SIMILARITY


def test_pictures_that_resemble_one_another_need_more():
    alike = noise(200, common=0.65), noise(100, common=0.65, seed=1)
    assert SIMILARITY < needed_similarity(*alike) <= MOST_NEEDED
    same = noise(200, common=0.99), noise(100, common=0.99, seed=1)
    assert needed_similarity(*same) == MOST_NEEDED


def test_copies_do_not_raise_the_bar():
    one, other = noise(200), noise(100, seed=1)
    assert needed_similarity(np.concatenate([one, other]), other) == SIMILARITY


def test_a_group_may_be_compared_with_itself():
    pictures = noise(4000)
    assert needed_similarity(pictures, pictures) == SIMILARITY


@pytest.mark.parametrize("n", [0, 1, 31])
def test_few_pairs_tell_nothing(n):
    assert needed_similarity(noise(n, common=0.99), noise(32, common=0.99, seed=1)) == SIMILARITY


def test_pictures_of_one_shade_are_passed_over():
    flat = np.full((100, SIDE, SIDE), 7, np.uint8)
    assert needed_similarity(flat, noise(100)) == SIMILARITY
    assert needed_similarity(np.concatenate([flat, noise(100)]), noise(100)) == SIMILARITY


def test_drawn_faces_resemble_one_another(faces):
    miniatures = marks(DecodedImages(faces, ""), nobody).miniatures
    copies = marks(DecodedImages(versions(faces, "JPEG 30"), ""), nobody).miniatures
    needed = needed_similarity(miniatures, copies)
    assert SIMILARITY < needed < 0.95
