import os
import sys
from pathlib import Path

import pytest
import setuptools  # noqa: F401 (before a test imports distutils, which torch.compile then stumbles over)
import torch

from crs_plugin.cli import main as cli

REAL_FACES = Path(__file__).resolve().parents[2] / "shared" / "realdata"


@pytest.fixture(scope="session")
def real_faces() -> Path:
    """Folder of real face images, where a machine has one beside the project."""
    folder = Path(os.environ.get("CRS_REAL_FACES", REAL_FACES))
    if not folder.is_dir():
        pytest.skip(f"real faces are not on this machine (no folder {folder}; set CRS_REAL_FACES)")
    return folder


@pytest.fixture(scope="session", autouse=True)
def _one_thread_per_worker() -> None:
    """Tests run side by side, and numbers are the same to the bit for the same threads only."""
    os.environ["OMP_NUM_THREADS"] = "1"  # of the processes that tests start
    torch.set_num_threads(1)


@pytest.fixture(scope="session", autouse=True)
def _cache_of_the_tests(tmp_path_factory) -> None:
    """No test reads or writes the cache of whoever runs it."""
    os.environ["CRS_CACHE"] = str(tmp_path_factory.mktemp("cache"))
    os.environ.pop("CRS_CACHE_LIMIT", None)


@pytest.fixture
def call(monkeypatch, tmp_path):
    """Run ``crs`` in a folder of its own and return its exit code."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments: str) -> int:
        monkeypatch.setattr(sys, "argv", ["crs", *arguments])
        with pytest.raises(SystemExit) as exit_:
            cli.main()
        return exit_.value.code

    return run
