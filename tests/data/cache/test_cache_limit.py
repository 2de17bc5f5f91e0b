import os
from pathlib import Path

import numpy as np
import pytest

from crs_plugin.data.cache.entry import entries
from crs_plugin.data.cache.limit import cache_limit, free_bytes, in_words
from crs_plugin.data.dataset import FaceDataset
from crs_plugin.errors import InputError

pytestmark = pytest.mark.usefixtures("empty_cache")


def made(folder_of, name: str, count: int = 40) -> FaceDataset:
    return folder_of(*(f"{number}.png" for number in range(count)), root=name)


@pytest.mark.parametrize(
    ("text", "count"),
    [("500M", 5 * 10**8), ("20 GB", 2 * 10**10), ("1.5k", 1500), ("123", 123), ("0", 0)],
)
def test_the_limit_is_read(text, count, monkeypatch) -> None:
    monkeypatch.setenv("CRS_CACHE_LIMIT", text)
    assert cache_limit([]) == count


def test_a_limit_that_is_none_is_refused(monkeypatch) -> None:
    monkeypatch.setenv("CRS_CACHE_LIMIT", "much")
    with pytest.raises(InputError, match=r"CRS_CACHE_LIMIT is 'much'.*20GB"):
        cache_limit([])


def test_without_a_limit_half_of_the_free_disk_is_taken(empty_cache) -> None:
    assert cache_limit([]) == pytest.approx(free_bytes(empty_cache) / 2, rel=0.05)


def test_bytes_in_words() -> None:
    assert [in_words(n) for n in (0, 999, 1000, 12_345_678, 2 * 10**12)] == [
        *("0 B", "999 B", "1.0 kB", "12.3 MB", "2.0 TB")
    ]


def used_at(entry, seconds: float) -> None:
    for file in (*entry.folder.iterdir(), entry.folder):
        os.utime(file, (seconds, seconds))


def test_the_least_recently_used_entry_makes_room_and_one_in_use_does_not(
    folder_of, listener, monkeypatch
) -> None:
    kept = []
    for age, name in enumerate(("oldest but in use", "old", "recent")):
        kept.append(listener.reader.decoded(made(folder_of, name), 30))
        (entry,) = [e for e in entries() if e.about() and e.about().data == name]
        used_at(entry, 1000.0 + age)
    held = kept[0]
    kept = read = None
    sizes = {entry.about().data: entry.bytes for entry in entries()}
    monkeypatch.setenv("CRS_CACHE_LIMIT", str(sum(sizes.values()) + 1000))
    read = listener.reader.decoded(made(folder_of, "new"), 30)
    assert {entry.about().data for entry in entries()} == {"oldest but in use", "recent", "new"}
    assert "read into the cache" in listener.lines[-1]
    assert held.images[np.arange(2)].shape == (2, 1, 30, 30)
    assert read is not None


def test_what_does_not_fit_is_kept_in_memory_with_the_reason(
    folder_of, listener, monkeypatch, empty_cache
) -> None:
    monkeypatch.setenv("CRS_CACHE_LIMIT", "10k")
    read = listener.reader.decoded(made(folder_of, "large"), 30)
    assert listener.lines == [
        "images: large, 40 of 30 px: decoded into memory, as they take 36.0 kB, more than the"
        " 10.0 kB that the cache may take (CRS_CACHE_LIMIT)"
    ]
    assert read.images.shape == (40, 1, 30, 30)
    assert entries() == []


def test_colour_that_comes_late_counts(folder_of, listener, monkeypatch) -> None:
    monkeypatch.setenv("CRS_CACHE_LIMIT", "300k")
    names = [f"{number}{' colour' * (number == 199)}.png" for number in range(200)]
    read = listener.reader.decoded(folder_of(*names), 30)
    assert "decoded into memory, as they take 540.0 kB" in listener.said
    assert read.images.shape == (200, 3, 30, 30)
    assert entries() == []


def test_a_folder_that_cannot_be_written_is_said_and_the_run_goes_on(
    folder_of, listener, monkeypatch, tmp_path: Path
) -> None:
    (tmp_path / "in the way").write_text("")
    monkeypatch.setenv("CRS_CACHE", str(tmp_path / "in the way"))
    read = listener.reader.decoded(made(folder_of, "faces"), 8)
    assert read.images.shape == (40, 1, 8, 8)
    (line,) = listener.lines
    assert "decoded into memory, as the cache" in line
    assert f"{tmp_path / 'in the way'}/images cannot be written: " in line


def test_a_disk_that_fills_up_is_said_and_nothing_is_left(folder_of, listener, monkeypatch) -> None:
    def full(*_) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("crs_plugin.data.cache.part.Part._put", full)
    read = listener.reader.decoded(made(folder_of, "faces"), 8)
    assert read.images.shape == (40, 1, 8, 8)
    assert "cannot be written: No space left on device" in listener.said
    assert entries() == []
