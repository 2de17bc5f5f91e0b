"""What is published: a wheel with all that runs, a source archive with all that tests it."""

import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

import crs_plugin

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def built(tmp_path_factory) -> Path:
    """The folder of the wheel and the source archive."""
    for needed in ("build", "hatchling", "twine"):
        pytest.importorskip(needed)
    folder = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(folder), str(ROOT)]
    subprocess.run(command, check=True, capture_output=True)
    return folder


def files_in(archive: Path) -> set[str]:
    if archive.suffix == ".whl":
        return set(zipfile.ZipFile(archive).namelist())
    with tarfile.open(archive) as opened:
        return {name.partition("/")[2] for name in opened.getnames()}


def ours(*folders: str) -> set[str]:
    """Return the files that the project keeps in some folders, but for what runs leave there."""
    kept = set()
    for folder in folders:
        for path in (ROOT / folder).rglob("*"):
            if path.is_file() and "__pycache__" not in path.parts and path.suffix != ".pyc":
                kept.add(path.relative_to(ROOT).as_posix())
    return kept


def test_the_wheel_has_the_package_and_the_recipes(built: Path) -> None:
    (wheel,) = built.glob("*.whl")
    assert wheel.name.startswith(f"crs_plugin-{crs_plugin.__version__}-")
    found = files_in(wheel)
    recipes = {f"crs_plugin/{file}" for file in ours("recipes")}
    assert recipes | ours("crs_plugin") <= found
    others = {name for name in found if not name.startswith(("crs_plugin/", "crs_plugin-"))}
    assert not others
    assert any(name.endswith("licenses/LICENSE") for name in found)


def test_the_source_archive_has_the_tests_as_well(built: Path) -> None:
    (archive,) = built.glob("*.tar.gz")
    found = files_in(archive)
    assert ours("crs_plugin", "recipes", "tests") <= found
    assert {"pyproject.toml", "README.md", "LICENSE", "PKG-INFO"} <= found


def test_the_readme_renders_where_packages_are_shown(built: Path) -> None:
    files = [str(path) for path in built.iterdir()]
    done = subprocess.run(
        [sys.executable, "-m", "twine", "check", "--strict", *files], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout
    assert done.stdout.count("PASSED") == 2
