"""The guides in ``recipes/README.md`` do what they say, block by block, in one folder."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from PIL import Image

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "recipes" / "README.md").read_text(encoding="utf-8")
GUIDE = re.compile(r"^## (.+?)\n(.*?)(?=^## |\Z)", re.MULTILINE | re.DOTALL)
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
NAMED = re.compile(r"# (\S+\.(?:py|yaml))\n")
GUIDES = {title: BLOCK.findall(text) for title, text in GUIDE.findall(TEXT)}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    rows = ["path,label,person,part"]
    for split, number in (("train", 6), ("test", 3)):
        for label in ("happy", "sad"):
            for index in range(number):
                path = tmp_path / "faces" / split / label / f"{index}.png"
                path.parent.mkdir(parents=True, exist_ok=True)
                pixels = torch.randint(256, (40, 40, 3), dtype=torch.uint8)
                Image.fromarray(pixels.numpy()).save(path)
                rows.append(f"faces/{split}/{label}/{index}.png,{label},person {index},{split}")
    (tmp_path / "people.csv").write_text("\n".join([*rows, ""]))
    return tmp_path


def run(commands: str, folder: Path) -> str:
    script = f"""crs() {{ '{sys.executable}' -m crs_plugin "$@"; }}\n{commands}"""
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        ["bash", "-euc", script], cwd=folder, env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.slow
@pytest.mark.parametrize(
    "title", [title for title, blocks in GUIDES.items() if "bash" in dict(blocks)]
)
def test_a_guide_does_what_it_says(title: str, folder: Path) -> None:
    for language, text in GUIDES[title]:
        named = NAMED.match(text)
        if named:
            (folder / named[1]).write_text(text)
        elif language == "bash":
            run(text, folder)
    if title == "Your own data":
        assert (folder / "runs" / "own" / "report.html").is_file()
    if title == "A component in one file":
        assert (folder / "runs" / "parts" / "encoder.safetensors").is_file()


def test_entry_points_are_written_as_in_the_package_of_the_tests() -> None:
    (toml,) = (text for _, text in GUIDES["A package of your own"])
    there = (ROOT / "tests" / "third_party" / "package" / "pyproject.toml").read_text()
    header = toml.splitlines()[0].rpartition(".")[0]
    assert header in there


def test_what_is_named_exists() -> None:
    for path in re.findall(r"`((?:tests|recipes)/[\w/.]+)`", TEXT):
        assert (ROOT / path).exists(), path
    for name in re.findall(r"`(crs_cont_\w+)`", TEXT):
        assert (ROOT / "recipes" / f"{name}.yaml").is_file(), name
    for name in re.findall(r"`(check_\w+)`", TEXT):
        assert hasattr(__import__("crs_plugin.testing").testing, name)
