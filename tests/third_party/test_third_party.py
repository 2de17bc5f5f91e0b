"""A package of somebody else's, installed from a wheel, is used in a recipe by name."""

import json
import os
import shutil
import subprocess
import sys
import sysconfig
import venv
from collections.abc import Callable
from pathlib import Path

import pytest

import crs_plugin

pytest.importorskip("pip", reason="builds and installs a wheel with pip")
pytestmark = pytest.mark.slow

PACKAGE = Path(__file__).parent / "package"
ALONE = ("--no-index", "--no-deps")
RECIPE = """\
extends: crs_cont_resnet18
name: angles
data: {name: synthetic_faces, size: 32, train: 32, test: 0}
augmentation: {size: 32}
heads: {coarse: null}
objective:
  - {name: view_angle, margin: 0.1}
training: {max_steps: 2, batch_size: 16, threads: 1}
evaluation: []
"""

Crs = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the Python of an environment that has the package beside all that is here."""
    folder = tmp_path_factory.mktemp("third_party")
    source, wheels, environment = (folder / name for name in ("source", "wheels", "environment"))
    shutil.copytree(PACKAGE, source)  # building leaves files behind
    pip(sys.executable, "wheel", "--no-build-isolation", "-w", wheels, source)
    venv.create(environment, symlinks=True, with_pip=False)
    scheme = {"base": str(environment), "platbase": str(environment)}
    here, there = (sysconfig.get_path("purelib", vars=v) for v in (None, scheme))
    Path(there, "here.pth").write_text(f"import site; site.addsitedir({here!r})\n")
    python = environment / "bin" / "python"
    pip(python, "install", *wheels.glob("*.whl"))
    return python


def pip(python: str | Path, command: str, *arguments: str | Path) -> None:
    """Run pip for an environment, without looking anywhere else for packages."""
    done = subprocess.run(
        [sys.executable, "-m", "pip", "--python", python, command, *ALONE, *arguments],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr


@pytest.fixture
def crs(python: Path, tmp_path: Path) -> Crs:
    """Run ``crs`` in that environment, in a folder with the recipe."""
    (tmp_path / "angles.yaml").write_text(RECIPE)
    package = str(Path(crs_plugin.__file__).parents[1])
    settings = {"PYTHONPATH": package, "CRS_CACHE": str(tmp_path), "COLUMNS": "200"}

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [python, "-m", "crs_plugin", *arguments],
            cwd=tmp_path,
            env={**os.environ, **settings},
            capture_output=True,
            text=True,
        )

    return run


def test_its_loss_is_listed_with_where_it_comes_from(crs: Crs) -> None:
    done = crs("components", "list", "--kind", "loss")
    assert done.returncode == 0, done.stderr
    (line,) = [line for line in done.stdout.splitlines() if line.startswith("view_angle ")]
    assert "face-angles 1.2" in line
    assert "Angle between the embeddings" in line


def test_its_options_are_checked(crs: Crs) -> None:
    done = crs("recipe", "validate", "angles.yaml", "--build")
    assert (done.returncode, done.stdout) == (0, "angles.yaml: valid\n"), done.stderr
    done = crs("recipe", "validate", "angles.yaml", "--set", "objective.0.margin=-1")
    assert done.returncode == 2
    assert "objective.0.margin" in done.stderr
    assert "Traceback" not in done.stderr


def test_it_trains(crs: Crs, tmp_path: Path) -> None:
    done = crs("recipe", "run", "angles.yaml")
    assert done.returncode == 0, done.stderr
    lines = (tmp_path / "runs" / "angles" / "metrics.jsonl").read_text().splitlines()
    assert set(json.loads(lines[-1])["terms"]) == {"view_angle"}
