"""``crs cache``."""

import pytest
import torch

from crs_plugin.data.cache.entry import Entry, entries
from crs_plugin.data.datasets.synthetic_faces import synthetic_faces
from crs_plugin.data.decoded_images import DecodedImages, ImageReader


@pytest.fixture(autouse=True)
def _cache(tmp_path, monkeypatch):
    monkeypatch.setenv("CRS_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("COLUMNS", "150")


def cached(size: int) -> DecodedImages:
    reader = ImageReader(lambda *told: None, lambda line: None)
    return reader.decoded(synthetic_faces(train=3, test=0), size).images


def entry_of(size: int) -> Entry:
    (entry,) = (e for e in entries() if e.about() and e.about().size == size)
    return entry


def test_an_empty_cache(call, capsys):
    for command in ("list", "verify", "clear"):
        assert call("cache", command) == 0
    printed = capsys.readouterr().out
    assert "cache/images: 0 B of at most" in printed
    assert "there is nothing in" in printed


def test_list_shows_what_is_there_and_what_is_in_use(call, capsys):
    cached(16)
    held = cached(24)
    (entry_of(16).folder.parent / "0123.part").mkdir()
    assert call("cache", "list") == 0
    lines = capsys.readouterr().out.splitlines()
    (large,) = [line for line in lines if entry_of(24).key in line]
    (small,) = [line for line in lines if entry_of(16).key in line]
    assert "synthetic_faces (wild, basic)" in large
    assert " 3 " in large
    assert " 24 " in large
    assert "kB" in large
    assert large.rstrip().endswith("in use")
    assert not small.rstrip().endswith("in use")
    assert any("(not finished)" in line for line in lines)
    assert "of at most" in lines[-1]
    assert held.shape[-1] == 24


@pytest.mark.parametrize("width", [40, 60, 80])
def test_the_name_of_an_entry_can_be_copied_from_any_terminal(width, call, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", str(width))
    cached(16)
    assert call("cache", "list") == 0
    assert entry_of(16).key in capsys.readouterr().out.split()


def test_clear_removes_what_is_named_or_all_but_what_is_in_use(call, capsys):
    cached(16)
    cached(24)
    held = cached(32)
    assert call("cache", "clear", "nothing", "--yes") == 2
    assert "no entry 'nothing'" in capsys.readouterr().err
    assert call("cache", "clear", entry_of(16).key[:12], "--yes") == 0
    assert sorted(entry.about().size for entry in entries()) == [24, 32]
    assert call("cache", "clear", "--yes") == 0
    assert "is in use and stays" in capsys.readouterr().out
    assert [entry.about().size for entry in entries()] == [32]
    assert int(held[torch.arange(3)].max()) > 0


def test_clear_asks(call, capsys, monkeypatch):
    cached(16)
    monkeypatch.setattr("click.termui.visible_prompt_func", lambda text: "n")
    assert call("cache", "clear") == 130
    assert len(entries()) == 1
    monkeypatch.setattr("click.termui.visible_prompt_func", lambda text: "y")
    assert call("cache", "clear") == 0
    assert entries() == []


def test_verify_finds_damage_and_has_it_mended(call, capsys):
    cached(16)
    assert call("cache", "verify") == 0
    assert ": whole" in capsys.readouterr().out
    (pixels,) = entry_of(16).folder.glob("*.u8")
    pixels.write_bytes(b"x" + pixels.read_bytes()[1:])
    assert call("cache", "verify") == 2
    assert "damaged" in capsys.readouterr().out
    cached(16)
    assert call("cache", "verify") == 0


def test_fetched_shards_are_listed_and_cleared(call, capsys, tmp_path):
    folder = tmp_path / "cache" / "shards"
    folder.mkdir(parents=True)
    (folder / "0123.tar").write_bytes(bytes(2000))
    (folder / "4567.index.json").write_text("{}")
    assert call("cache", "list") == 0
    line = capsys.readouterr().out.splitlines()[-1]
    assert "cache/shards: 1 fetched shard, 2.0 kB of at most" in line
    assert call("cache", "clear", "--yes") == 0
    assert "removed 2 files of shards" in capsys.readouterr().out
    assert list(folder.iterdir()) == []
