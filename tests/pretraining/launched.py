"""Runs a function in several processes, with the environment variables of torchrun or srun."""

import multiprocessing
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from lightning_fabric.plugins.environments.lightning import find_free_network_port

SECONDS = 120
RUNS = 8
_PORTS: list[int] = []


def next_run() -> None:
    """Give the next run a port of its own, for not all processes end the run before at once."""
    os.environ["MASTER_PORT"] = str(_PORTS.pop())


def launched(
    number: int, work: Callable[[int, Path], Any], folder: Path, by: str = "torchrun"
) -> tuple[list[int | None], list[Any]]:
    """Return the exit codes of all processes, and what ``work(rank, folder)`` returned in each.

    Args:
        number: Processes.
        work: A function of a module that other processes can import; it returns plain types and
            tensors.
        folder: Where the processes leave their results.
        by: ``torchrun`` or ``srun``.

    Raises:
        TimeoutError: If they are not done in time, because they wait for one another.
    """
    ports = [find_free_network_port() for _ in range(RUNS)]
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["pytorch_lightning", "crs_plugin.pretraining.training"])
    processes = [
        context.Process(target=_work, args=(rank, number, ports, work, folder, by))
        for rank in range(number)
    ]
    for process in processes:
        process.start()
    deadline = time.monotonic() + SECONDS
    for process in processes:
        process.join(max(deadline - time.monotonic(), 0))
    late = [process for process in processes if process.is_alive()]
    for process in late:
        process.kill()
    if late:
        raise TimeoutError(f"{len(late)} of {number} processes were not done after {SECONDS} s")
    results = [folder / f"{rank}.pt" for rank in range(number)]
    return [process.exitcode for process in processes], [
        torch.load(file, weights_only=True) if file.is_file() else None for file in results
    ]


def environment(rank: int, number: int, port: int, by: str) -> dict[str, str]:
    if by == "torchrun":
        return {
            "RANK": str(rank),
            "LOCAL_RANK": str(rank),
            "WORLD_SIZE": str(number),
            "MASTER_ADDR": "127.0.0.1",
            "MASTER_PORT": str(port),
        }
    return {
        "SLURM_JOB_ID": "1234",
        "SLURM_NTASKS": str(number),
        "SLURM_NTASKS_PER_NODE": str(number),
        "SLURM_STEP_NUM_TASKS": str(number),
        "SLURM_NNODES": "1",
        "SLURM_NODELIST": "127.0.0.1",
        "SLURM_PROCID": str(rank),
        "SLURM_LOCALID": str(rank),
        "SLURM_NODEID": "0",
        "MASTER_PORT": str(port),
    }


def _work(
    rank: int,
    number: int,
    ports: list[int],
    work: Callable[[int, Path], Any],
    folder: Path,
    by: str,
) -> None:
    os.environ.update(environment(rank, number, ports[0], by))
    _PORTS.extend(ports[1:])
    torch.set_num_threads(1)
    torch.save(work(rank, folder), folder / f"{rank}.pt")
