"""The README's code blocks do what it says; the test command itself is excepted."""

import os
import re
import subprocess
import sys
from functools import partial
from pathlib import Path

import pytest
import torch
from PIL import Image

import crs_plugin
from crs_plugin import Encoder
from crs_plugin.cli import main as cli

ROOT = Path(__file__).parents[1]
README = ROOT / "README.md"
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```$", README.read_text(), re.MULTILINE | re.DOTALL)
SHORT = ["--set", "data.train=64", "--set", "data.test=32", "--set", "training.epochs=1"]


def blocks(language: str, containing: str = "") -> list[str]:
    return [text for kind, text in BLOCKS if kind == language and containing in text]


def crs(monkeypatch, *arguments: str) -> int:
    monkeypatch.setattr(sys, "argv", ["crs", *arguments])
    with pytest.raises(SystemExit) as exit_:
        cli.main()
    return exit_.value.code


@pytest.fixture
def workplace(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CRS_CACHE", str(tmp_path / "cache"))
    for split, number in (("train", 32), ("test", 1)):
        for name in ("happy", "sad"):
            for index in range(number):
                path = tmp_path / "faces" / split / name / f"{index}.png"
                path.parent.mkdir(parents=True, exist_ok=True)
                write_face(path)
    return tmp_path


def write_face(path: Path) -> None:
    pixels = torch.randint(256, (40, 40, 3), dtype=torch.uint8)
    Image.fromarray(pixels.numpy()).save(path)


def test_every_kind_of_block_is_known():
    assert [kind for kind, _ in BLOCKS] == [
        *("bash", "python", "bash", "python", "bash", "bash", "python", "yaml", "python", "python")
    ]


def test_the_run_command_runs_a_shipped_recipe(workplace, monkeypatch):
    (command,) = blocks("bash", "pip install . &&")
    called = command.strip().split(" && ")[-1].split()
    assert called[0] == "crs"
    probe = "evaluation=[{name: linear_probe, data: {name: synthetic_faces, train: 64, test: 32}}]"
    assert crs(monkeypatch, *called[1:], *SHORT, "--set", probe) == 0
    write_face(workplace / "face.png")
    backbone = Encoder.load("runs/crs_cont_resnet18/encoder.safetensors").backbone
    torch.save({"state_dict": backbone.state_dict()}, "checkpoint.pth")
    (commands,) = blocks("bash", "crs predict")
    for command in commands.strip().splitlines():
        assert crs(monkeypatch, *command.split()[1:]) == 0
    assert {"features.csv", "encoder.pt2", "encoder.safetensors"} <= set(os.listdir())
    (use,) = blocks("python", "Encoder.load")
    names: dict = {}
    exec(use, names)
    assert names["features"].shape == (1, 512)


def test_a_recipe_runs_from_python(workplace, monkeypatch, capsys):
    faces = {"name": "synthetic_faces", "train": 64, "test": 32}
    probe = {"name": "linear_probe", "title": "wild", "regularisation": [0.01]}
    short = partial(crs_plugin.run, data=faces, evaluation=[probe], references=[])
    monkeypatch.setattr(crs_plugin, "run", short)
    (block,) = blocks("python", "crs_plugin.run")
    names: dict = {}
    exec(block, names)
    assert 0 <= float(capsys.readouterr().out.splitlines()[-1]) <= 1
    assert isinstance(names["encoder"], Encoder)


def test_the_commands_for_own_data_work(workplace, monkeypatch):
    (commands,) = blocks("bash", "mine.yaml")
    script = "crs() { " + f"'{sys.executable}' -m crs_plugin" + ' "$@"; }\n' + commands
    environment = {"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin", "HOME": str(workplace)}
    done = subprocess.run(
        ["bash", "-euc", script], cwd=workplace, env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert "mine.yaml: valid" in done.stdout


def test_a_swapped_component_runs(workplace, monkeypatch):
    for language, name in (("python", "my_loss.py"), ("yaml", "swapped.yaml")):
        (text,) = blocks(language, f"# {name}")
        (workplace / name).write_text(text)
    assert crs(monkeypatch, "recipe", "run", "swapped.yaml", *SHORT, "--set", "evaluation=[]") == 0
    assert "pull_together" in (workplace / "runs/swapped/metrics.jsonl").read_text()


def test_the_bare_loop_runs():
    (loop,) = blocks("python", "CRSContLoss")
    names: dict = {}
    exec(loop, names)
    assert torch.isfinite(names["loss"])


def test_the_check_of_an_augmentation_runs():
    (check,) = blocks("python", "check_augmentation")
    exec(check, {})


def test_links_lead_to_files():
    links = re.findall(r"\]\(([^)]+)\)", README.read_text())
    assert links
    assert [link for link in links if not (ROOT / link).is_file()] == []


def test_every_example_is_linked():
    folder = "tests/examples"
    linked = re.findall(rf"\({folder}/(\w+\.py)\)", README.read_text())
    assert {*linked, "test_examples.py"} == {path.name for path in (ROOT / folder).glob("*.py")}


def test_the_test_command_is_found_by_ci():
    (command,) = blocks("bash", "pytest")
    assert "<!-- test command -->\n```bash\n" + command in README.read_text()
