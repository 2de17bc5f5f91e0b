import numpy as np
import pytest

from crs_plugin.data.leakage import hash_buckets
from crs_plugin.data.leakage.hash_buckets import HashBuckets


def flipped(hashes: np.ndarray, bits: list[int]) -> np.ndarray:
    return hashes ^ np.uint64(sum(1 << bit for bit in bits))


def some(n: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 2**64, n, dtype=np.uint64)


@pytest.mark.parametrize("bits", [[], [0], [63], [0, 17, 40], [0, 16, 32, 5], list(range(10))])
def test_whatever_leaves_one_quarter_alone_is_found(bits):
    hashes = some(500)
    query, index = HashBuckets(hashes).near(flipped(hashes[100:200], bits), radius=10)
    assert set(zip(range(100), range(100, 200), strict=True)) <= set(
        zip(query.tolist(), index.tolist(), strict=True)
    )


def test_hashes_that_differ_in_more_bits_are_not():
    hashes = some(50)
    query, _ = HashBuckets(hashes).near(flipped(hashes, [0, 1, 2, 3]), radius=3)
    assert len(query) == 0
    query, _ = HashBuckets(hashes).near(flipped(hashes, [0, 1, 2]), radius=3)
    assert set(query.tolist()) == set(range(50))


def test_all_pairs_agree_with_a_comparison_of_each_with_each():
    hashes = flipped(some(40), []).repeat(5) ^ np.uint64(1) * np.arange(200, dtype=np.uint64)
    query, index = HashBuckets(hashes).near(hashes, radius=3)
    found = set(zip(query.tolist(), index.tolist(), strict=True))
    expected = {
        (i, j)
        for i in range(200)
        for j in range(200)
        if bin(int(hashes[i]) ^ int(hashes[j])).count("1") <= 3
    }
    assert found == expected


def test_many_in_one_bucket_are_looked_at_in_portions(monkeypatch):
    monkeypatch.setattr(hash_buckets, "_MOST_AT_ONCE", 100)
    hashes = np.zeros(64, np.uint64)
    query, index = HashBuckets(hashes).near(hashes, radius=0)
    assert len(query) == 4 * 64 * 64
    assert len(set(zip(query.tolist(), index.tolist(), strict=True))) == 64 * 64


def test_there_may_be_nothing_to_find_or_to_look_for():
    none = np.empty(0, np.uint64)
    for one, other in ((none, some(3)), (some(3), none), (none, none)):
        query, index = HashBuckets(one).near(other, radius=10)
        assert len(query) == len(index) == 0
