"""The examples, which the README links to, run as they stand, and are short."""

import os
import re
import subprocess
import sys
from pathlib import Path
from statistics import mean

import pytest

import crs_plugin

EXAMPLES = {
    path.stem: path
    for path in Path(__file__).parent.glob("*.py")
    if not path.name.startswith("test_")
}
NAMES = ["bare_loop", "lightly_multi_view", "lightly_simclr", "lightning_module", "pml_trainer"]


def test_every_example_is_run_and_shorter_than_forty_lines() -> None:
    assert sorted(EXAMPLES) == NAMES
    assert all(len(path.read_text().splitlines()) < 40 for path in EXAMPLES.values())


@pytest.mark.parametrize("name", NAMES)
def test_the_loss_falls(name: str, tmp_path: Path) -> None:
    package = str(Path(crs_plugin.__file__).parents[1])
    done = subprocess.run(
        [sys.executable, EXAMPLES[name]],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": package, "CRS_CACHE": str(tmp_path / "cache")},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    losses = [float(loss) for loss in re.findall(r"loss (\S+)$", done.stdout, re.MULTILINE)]
    quarter = len(losses) // 4
    assert quarter >= 3
    assert mean(losses[-quarter:]) < 0.95 * mean(losses[:quarter])
