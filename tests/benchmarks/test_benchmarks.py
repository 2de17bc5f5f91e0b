"""The benchmarks run; what they measure is not asserted."""

import subprocess
import sys
from pathlib import Path

import pytest

FOLDER = Path(__file__).parent


@pytest.mark.slow
@pytest.mark.parametrize(
    "command",
    [
        ["bench_loss.py", "--sizes", "64", "--rounds", "1", "--huge", "300"],
        ["bench_augmentations.py", "--sizes", "20:16", "--batch", "3", "--rounds", "1"],
    ],
    ids=" ".join,
)
def test_benchmark_runs(command: list[str]) -> None:
    script, *options = command
    done = subprocess.run(
        [sys.executable, FOLDER / script, *options], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "ours" in done.stdout
