"""The benchmarks run; what they measure is not asserted."""

import subprocess
import sys
from pathlib import Path

import pytest

FOLDER = Path(__file__).parent


@pytest.mark.slow
@pytest.mark.parametrize(
    ("command", "shown"),
    [
        ("bench_loss.py --sizes 64 --rounds 1 --huge 300", "ours"),
        ("bench_augmentations.py --sizes 20:16 --batch 3 --rounds 1", "ours"),
        ("bench_duplicates.py --images 400 --size 32", "copies found"),
        ("bench_records.py --records 2500", "2,500 records"),
        ("bench_shards.py --records 2500", "2,500 records"),
        ("bench_released_pipeline.py --size 32 --batch 4 --rounds 1 --steps 1 --workers 1", "ours"),
        ("bench_linear_probe.py --images 40 --size 32", "as released"),
        ("bench_step.py --size 32 --batch 4 --rounds 1 --steps 1", "whole / bare"),
    ],
)
def test_benchmark_runs(command: str, shown: str) -> None:
    script, *options = command.split()
    done = subprocess.run(
        [sys.executable, FOLDER / script, *options], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert shown in done.stdout
