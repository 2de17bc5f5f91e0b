"""Kills a run again and again, resumes it, and compares it with one that was left alone.

    python tests/kill_loop.py               # 30 kills: some minutes
    python tests/kill_loop.py --kills 2     # what the test suite does

Every kill is a SIGKILL, which no process can see coming: in turn while a checkpoint is being
written, at a random moment of the training, and at a random moment after the start. In the end the
encoders of both runs must be the same byte for byte, and their metrics the same row for row.
"""

import argparse
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FACES = "{name: synthetic_faces, domain: lab, size: 32, train: 160, test: 0}"
STEPS_A_KILL = 16
"""Steps of the whole run for each kill: more than it makes until then, so that it does not end."""

_POLL = 0.0005
_PATIENCE = 300.0


def command(folder: Path, steps: int, *more: str) -> list[str]:
    changes = (
        f"data={FACES}",
        "evaluation=[]",
        "references=[]",
        "augmentation.size=32",
        "training.batch_size=16",
        "training.epochs=1000",
        f"training.max_steps={steps}",
        "training.checkpoint_every=2",
        "training.log_every=1",
        "training.threads=1",
    )
    told = [option for change in changes for option in ("--set", change)]
    crs = [sys.executable, "-m", "crs_plugin", "recipe", "run", "crs_cont_resnet18"]
    return [*crs, *told, "--output", str(folder), *more]


@dataclass
class Killer:
    """Kills one run until it has been killed often enough.

    Attributes:
        folder: The run's folder.
        steps: Steps of the whole run.
        random: Draws the moments.
        kills: How often it was killed, by moment.
    """

    folder: Path
    steps: int
    random: random.Random
    kills: Counter[str]

    def start(self) -> "subprocess.Popen[bytes]":
        more = ["--resume"] if (self.folder / "recipe.yaml").is_file() else []
        return subprocess.Popen(
            command(self.folder, self.steps, *more),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        )

    def rows(self) -> int:
        metrics = self.folder / "metrics.jsonl"
        return metrics.read_bytes().count(b"\n") if metrics.is_file() else 0

    def is_writing(self) -> bool:
        """Whether a checkpoint is on its way to its place."""
        try:
            names = os.listdir(self.folder / "checkpoints")
        except FileNotFoundError:
            return False
        return any(name.startswith(".last.ckpt.") for name in names)

    def kill_once(self, moment: str) -> None:
        """Start the run, and kill it at a moment, unless it is finished by then.

        Raises:
            RuntimeError: If it failed.
        """
        process, before = self.start(), self.rows()
        moves_on: Callable[[], bool] = lambda: self.rows() not in (before, 0)  # noqa: E731
        if moment == "after the start":
            time.sleep(self.random.uniform(0, 8))
        else:
            self._wait(process, moves_on)
            for _ in range(self.random.randrange(4)):  # so that the run gets on between two kills
                self._wait(process, self.is_writing)
                self._wait(process, lambda: not self.is_writing())
            self._wait(process, self.is_writing)
            longest = 0.15 if moment == "while writing" else 1.0
            time.sleep(self.random.uniform(0, longest))
        process.send_signal(signal.SIGKILL)
        if process.wait() == -signal.SIGKILL:
            self.kills[moment] += 1
        elif process.returncode != 0:
            raise RuntimeError(f"the run ended with {process.returncode}: {_said(process)}")

    def finish(self) -> None:
        process = self.start()
        if process.wait() != 0:
            raise RuntimeError(f"the last resume ended with {process.returncode}: {_said(process)}")

    def _wait(self, process: "subprocess.Popen[bytes]", until: Callable[[], bool]) -> None:
        deadline = time.monotonic() + _PATIENCE
        while not until() and process.poll() is None:
            if time.monotonic() > deadline:
                process.kill()
                raise RuntimeError("the run does not move on")
            time.sleep(_POLL)


def _said(process: "subprocess.Popen[bytes]") -> str:
    assert process.stderr is not None
    return process.stderr.read().decode(errors="replace")


MOMENTS = ("while writing", "while training", "after the start")


def kill_loop(kills: int, seed: int, folder: Path, tell: Callable[[str], None]) -> None:
    """Run the loop.

    Raises:
        RuntimeError: If a run failed, or the two differ.
    """
    steps = STEPS_A_KILL * kills
    alone, killed = folder / "alone", folder / "killed"
    subprocess.run(command(alone, steps), check=True, stdout=subprocess.DEVNULL)
    killer = Killer(killed, steps, random.Random(seed), Counter())
    for number in range(kills):
        killer.kill_once(MOMENTS[number % len(MOMENTS)])
        tell(f"kill {number + 1} of {kills}, {killer.rows()} rows of {steps} written")
    killer.finish()
    for name, content in (("encoder.safetensors", Path.read_bytes), ("metrics.jsonl", _rows)):
        if content(alone / name) != content(killed / name):
            raise RuntimeError(f"{name} differs after {dict(killer.kills)}: see {folder}")
    tell(f"the same after {killer.kills.total()} kills: {dict(killer.kills)}")


def _rows(path: Path) -> list[dict[str, Any]]:
    rows = [json.loads(line) for line in path.read_text().splitlines()]
    return [{key: row[key] for key in row if key != "images_per_second"} for row in rows]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--kills", type=int, default=30)
    parser.add_argument("--seed", type=int, default=0, help="of the moments")
    parser.add_argument("--folder", type=Path, help="an empty one, kept; else a temporary one")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = given.folder or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        kill_loop(given.kills, given.seed, folder, lambda line: print(line, flush=True))


if __name__ == "__main__":
    main()
