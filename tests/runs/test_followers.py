"""A recipe is run by several processes: one command starts, speaks, writes and evaluates."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from crs_plugin.errors import InputError
from crs_plugin.pretraining.settings import TrainingSettings
from crs_plugin.runs.followers import followers

FACES = "{name: synthetic_faces, domain: lab, size: 32, train: 48, test: 16}"
SECONDS = 90


def options(folder: Path, *changes: str) -> list[str]:
    told = (
        f"data={FACES}",
        "references=[]",
        "augmentation.size=32",
        "training.batch_size=8",
        "training.log_every=1",
        "training.accelerator=cpu",
        "training.threads=1",
        *changes,
    )
    sets = [option for change in told for option in ("--set", change)]
    return ["recipe", "run", "crs_cont_resnet18", *sets, "--output", str(folder)]


def rows(folder: Path) -> list[dict[str, object]]:
    file = folder / "metrics.jsonl"
    return [json.loads(line) for line in file.read_text().splitlines()] if file.is_file() else []


def followers_of(process: int) -> list[int]:
    listed = subprocess.run(
        ["ps", "-o", "pid=,args=", "--ppid", str(process)], capture_output=True, text=True
    )
    lines = [line.split() for line in listed.stdout.splitlines()]
    return [int(line[0]) for line in lines if "crs_plugin.runs.following" in line]


@pytest.mark.slow
def test_one_command_does_everything_and_leaves_nothing_behind(tmp_path, call, capfd):
    before = set(os.environ)
    probe = "evaluation=[{name: linear_probe, title: lab, regularisation: [0.01]}]"
    changes = ("training.devices=2", "training.max_steps=2", "loggers=[{name: csv}]", probe)
    assert call(*options(tmp_path / "run", *changes)) == 0
    output, errors = capfd.readouterr()
    assert errors == ""
    assert output.count("step 1/2") == output.count("encoder: ") == output.count("report: ") == 1
    assert "2 steps of 8 images in" in output
    assert "by 2 processes" in output
    assert [row["step"] for row in rows(tmp_path / "run")] == [1, 2]
    report = json.loads((tmp_path / "run" / "report.json").read_text())
    assert report["results"]
    assert not (tmp_path / "run" / ".holder.json").exists()
    assert followers_of(os.getpid()) == []
    assert not {"RANK", "LOCAL_RANK", "WORLD_SIZE", "MASTER_PORT"} & (set(os.environ) - before)


def test_one_that_fails_before_the_training_says_why(tmp_path):
    settings = TrainingSettings(epochs=1, batch_size=8, devices=2, accelerator="cpu")
    expected = r"process 1 of the run ended with code 1: .*recipe\.yaml"
    with pytest.raises(InputError, match=expected), followers(settings, tmp_path):
        pytest.fail("the block must not run")
    assert followers_of(os.getpid()) == []


class Run:
    """A run of two processes, started by the command."""

    def __init__(self, folder: Path, *more: str) -> None:
        changes = ("training.devices=2", "training.epochs=1000", "training.checkpoint_every=2")
        self.folder = folder
        self.steps_before = len(rows(folder))
        crs = [sys.executable, "-m", "crs_plugin"]
        self.process = subprocess.Popen(
            [*crs, *options(folder, *changes, "evaluation=[]"), *more],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def wait_for_steps(self, count: int) -> int:
        """Wait until so many steps are made, and return the other process."""
        deadline = time.monotonic() + SECONDS
        while len(rows(self.folder)) < self.steps_before + count:
            assert self.process.poll() is None, self.process.communicate()
            assert time.monotonic() < deadline
            time.sleep(0.05)
        (follower,) = followers_of(self.process.pid)
        return follower

    def ended(self) -> tuple[int, str, str]:
        output, errors = self.process.communicate(timeout=SECONDS)
        return self.process.returncode, output, errors


def is_alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return "Z" not in Path(f"/proc/{process}/stat").read_text().split()[2]


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc").is_dir(), reason="looks for processes in /proc")
def test_lost_stopped_and_orphaned(tmp_path):
    folder = tmp_path / "run"
    run = Run(folder)
    os.kill(run.wait_for_steps(4), signal.SIGKILL)
    code, _, errors = run.ended()
    assert code == 2
    assert errors.startswith("Error: process 1 of 2 was ended by SIGKILL, so training stopped.")
    assert "--resume" in errors
    assert len(errors.splitlines()) == 1

    run = Run(folder, "--resume")
    follower = run.wait_for_steps(3)
    run.process.send_signal(signal.SIGTERM)
    code, output, errors = run.ended()
    assert (code, errors) == (130, "")
    assert "the run can be continued exactly" in output
    assert not is_alive(follower)
    steps = [row["step"] for row in rows(folder)]
    assert steps == list(range(1, len(steps) + 1))

    run = Run(folder, "--resume")
    follower = run.wait_for_steps(1)
    run.process.kill()
    run.ended()
    deadline = time.monotonic() + 20
    while is_alive(follower) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert not is_alive(follower)


@pytest.mark.slow
def test_started_by_torchrun(tmp_path):
    folder = tmp_path / "run"
    changes = ("training.devices=2", "training.max_steps=2", "evaluation=[]")
    torchrun = [sys.executable, "-m", "torch.distributed.run", "--standalone"]
    done = subprocess.run(
        [*torchrun, "--nproc-per-node=2", "-m", "crs_plugin", *options(folder, *changes)],
        capture_output=True,
        text=True,
        timeout=2 * SECONDS,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("step 1/2") == done.stdout.count("report: ") == 1
    assert [row["step"] for row in rows(folder)] == [1, 2]


@pytest.mark.slow
def test_more_than_torchrun_starts_are_refused(tmp_path, call, capsys, monkeypatch):
    found = {"RANK": "0", "LOCAL_RANK": "0", "WORLD_SIZE": "2"}
    for name, value in {**found, "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": "29500"}.items():
        monkeypatch.setenv(name, value)
    assert call(*options(tmp_path / "run", "training.devices=4")) == 2
    assert "torchrun started 2 processes, but training.devices is 4" in capsys.readouterr().err
    assert not (tmp_path / "run").exists()
