import sys
from pathlib import Path

import pytest

from crs_plugin.data.cache.folder import cache_folder


def test_the_environment_decides(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setenv("CRS_CACHE", "/somewhere")
    assert cache_folder() == Path("/somewhere")
    monkeypatch.delenv("CRS_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", "/caches")
    assert cache_folder() == Path("/caches/crs_plugin")
    monkeypatch.delenv("XDG_CACHE_HOME")
    assert cache_folder() == Path.home() / ".cache" / "crs_plugin"


@pytest.mark.parametrize(
    ("platform", "folder"),
    [("darwin", Path.home() / "Library/Caches/crs_plugin"), ("win32", Path("/local/crs_plugin"))],
)
def test_other_platforms_have_their_own(platform, folder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CRS_CACHE")
    monkeypatch.setenv("LOCALAPPDATA", "/local")
    monkeypatch.setattr(sys, "platform", platform)
    assert cache_folder() == folder


def test_the_tests_have_a_cache_of_their_own() -> None:
    assert not cache_folder().is_relative_to(Path.home() / ".cache")
