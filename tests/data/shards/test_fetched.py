import pytest

from crs_plugin.data.shards import remote
from crs_plugin.data.shards.fetched import fetched, fetched_folder
from crs_plugin.data.shards.remote import UnreachableError


@pytest.fixture(autouse=True)
def _cache_without_waits(empty_cache, monkeypatch) -> None:
    monkeypatch.setattr(remote, "_WAITS", (0.0, 0.0))


@pytest.fixture
def shards(served, tmp_path) -> list[str]:
    """Addresses of four files of 1000 bytes."""
    (tmp_path / "shards").mkdir()
    for number in range(4):
        (tmp_path / "shards" / f"{number}.tar").write_bytes(bytes([number]) * 1000)
    return [f"{served.url}/{number}.tar" for number in range(4)]


def kept() -> int:
    return len(list(fetched_folder().glob("*.tar")))


def test_a_shard_is_fetched_once_for_each_version(shards, served) -> None:
    for version in ("old", "old", "new"):
        assert fetched(shards[1], version).read_bytes() == b"\1" * 1000
    assert served.count("1.tar") == 2


def test_what_was_used_longest_ago_makes_room(shards, served, monkeypatch) -> None:
    monkeypatch.setenv("CRS_CACHE_LIMIT", "2500")
    for number in (0, 1, 0, 2, 0, 1):
        fetched(shards[number], "")
        assert kept() <= 2
    assert [served.count(f"{number}.tar") for number in range(3)] == [1, 2, 1]


def test_a_shard_that_is_larger_than_what_may_be_kept(shards, monkeypatch) -> None:
    monkeypatch.setenv("CRS_CACHE_LIMIT", "900")
    with pytest.raises(UnreachableError, match=r"0\.tar: takes 1\.0 kB, more than the 900 B"):
        fetched(shards[0], "")
    assert kept() == 0


def test_it_is_tried_again_but_not_for_ever(shards, served) -> None:
    served.failures = {"/0.tar": 2, "/1.tar": 9}
    assert fetched(shards[0], "").is_file()
    with pytest.raises(UnreachableError, match=r"1\.tar: cannot be fetched: 503"):
        fetched(shards[1], "")
    assert served.count("1.tar") == 3
    assert kept() == 1


def test_a_file_that_is_not_there_is_asked_for_once(shards, served) -> None:
    with pytest.raises(UnreachableError, match=r"9\.tar: cannot be fetched: there is no such file"):
        fetched(f"{served.url}/9.tar", "")
    assert served.count("9.tar") == 1


def test_a_server_that_does_not_answer() -> None:
    pytest.importorskip("aiohttp")
    with pytest.raises(UnreachableError, match=r"localhost:1/a\.tar: cannot be fetched: Cannot co"):
        fetched("http://localhost:1/a.tar", "")


def test_another_length_than_the_index_says(shards) -> None:
    with pytest.raises(UnreachableError, match=r"has 1,000 bytes, but its index is that of a.*999"):
        fetched(shards[0], "", 999)
    assert kept() == 0


def test_an_unknown_protocol_is_said() -> None:
    with pytest.raises(UnreachableError, match="gopher"):
        fetched("gopher://host/a.tar", "")
