"""The other processes of a run, which train along with the one that was started."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from lightning_fabric.plugins.environments.lightning import find_free_network_port

from crs_plugin.errors import InputError
from crs_plugin.pretraining.processes import WHAT_NOW, LostProcessError, processes_here
from crs_plugin.pretraining.settings import TrainingSettings

_PROGRAM = "crs_plugin.runs.following"
_SECONDS_TO_END = 60.0
_SECONDS_TO_DIE = 5.0
_POLL = 0.05


@contextmanager
def followers(settings: TrainingSettings, folder: Path) -> Iterator[None]:
    """Start the other processes of a run on this machine; they train what the block trains.

    Each makes network and images anew, from the recipe in the folder and the cache, and ends when
    the training or this process does. They get no signals of the terminal, print nothing, and write
    nothing. Nothing happens if the run has one process, or torchrun or srun has started them.

    Args:
        settings: Of the recipe that is in the folder.
        folder: The run's folder.

    Raises:
        InputError: If one of them fails before the training; the message is its own.
        LostProcessError: If one of them is lost later; the message says which.
    """
    if settings.devices == 1 or processes_here().started_by is not None:
        yield
        return
    with TemporaryDirectory(prefix="crs_") as place, _surroundings(settings):
        started = [
            _Follower.start(rank, folder, Path(place)) for rank in range(1, settings.devices)
        ]
        try:
            _wait_until_ready(started)
            yield
            _wait_until_ended(started)
        except LostProcessError as error:
            raise LostProcessError(_first_lost(started) or str(error)) from error
        finally:
            for follower in started:
                follower.end()


@dataclass(frozen=True)
class _Follower:
    """One of the other processes.

    Attributes:
        rank: Its rank.
        process: The process; what it says goes to ``told``.
        ready: A file that is there once it is about to train.
        told: A file with what it said.
    """

    rank: int
    process: "subprocess.Popen[bytes]"
    ready: Path
    told: Path

    @classmethod
    def start(cls, rank: int, folder: Path, place: Path) -> "_Follower":
        ready, told = place / f"{rank}.ready", place / f"{rank}.txt"
        with told.open("wb") as output:
            process = subprocess.Popen(
                [sys.executable, "-m", _PROGRAM, str(folder.absolute()), str(ready)],
                # It ends when this pipe is closed, which it is even if this process is killed.
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=output,
                env={**os.environ, "RANK": str(rank), "LOCAL_RANK": str(rank), **_import_path()},
                start_new_session=True,
            )
        return cls(rank, process, ready, told)

    @property
    def failed(self) -> bool:
        """Whether it has ended, and not because all was done."""
        return self.process.poll() not in (None, 0)

    def why(self) -> str:
        """Return how it ended, in words."""
        code = self.process.returncode
        if code < 0:
            return f"was ended by {signal.Signals(-code).name}"
        said = self.told.read_text(encoding="utf-8", errors="replace").strip()
        return f"ended with code {code}{': ' if said else ''}{said.removeprefix('Error: ')}"

    def end(self) -> None:
        """End it at once, unless it has ended."""
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        if self.process.stdin is not None:
            self.process.stdin.close()


@contextmanager
def _surroundings(settings: TrainingSettings) -> Iterator[None]:
    """Set the environment variables of torchrun, for this process as rank 0."""
    variables = {
        "MASTER_ADDR": "127.0.0.1",
        "MASTER_PORT": str(find_free_network_port()),
        "WORLD_SIZE": str(settings.devices),
        "RANK": "0",
        "LOCAL_RANK": "0",
        "GROUP_RANK": "0",
    }
    if settings.threads is not None:  # else Lightning shares the cores out, and sets it as well
        variables["OMP_NUM_THREADS"] = str(settings.threads)
    before = {name: os.environ.get(name) for name in (*variables, "OMP_NUM_THREADS")}
    os.environ.update(variables)
    try:
        yield
    finally:
        for name, value in before.items():
            os.environ.pop(name, None)
            if value is not None:
                os.environ[name] = value


def _import_path() -> dict[str, str]:
    """Let the others find what this process finds, its folder included."""
    return {"PYTHONPATH": os.pathsep.join(path or os.getcwd() for path in sys.path)}


def _wait_until_ready(started: Sequence[_Follower]) -> None:
    while not all(follower.ready.is_file() for follower in started):
        for follower in started:
            if follower.process.poll() is not None:
                raise InputError(f"process {follower.rank} of the run {follower.why()}")
        time.sleep(_POLL)


def _wait_until_ended(started: Sequence[_Follower]) -> None:
    deadline = time.monotonic() + _SECONDS_TO_END
    while time.monotonic() < deadline and any(f.process.poll() is None for f in started):
        time.sleep(_POLL)


def _first_lost(started: Sequence[_Follower]) -> str | None:
    """Return how the first one ended that did not end for want of another; None if none did."""
    deadline = time.monotonic() + _SECONDS_TO_DIE
    while time.monotonic() < deadline:
        for follower in started:
            if follower.failed and WHAT_NOW not in (why := follower.why()):
                return f"process {follower.rank} of {len(started) + 1} {why}, {WHAT_NOW}"
        time.sleep(_POLL)
    return None
