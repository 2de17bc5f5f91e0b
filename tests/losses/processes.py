"""Runs a function in several processes that form a gloo group."""

import gc
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
import torch.distributed as dist
import torch.multiprocessing as mp

SECONDS = 180


def in_processes(number: int, work: Callable[[int], Any], folder: Path) -> list[Any]:
    """Return what ``work(rank)`` returns in each process, by rank.

    Args:
        number: Processes.
        work: A function of a module that other processes can import; it returns plain types and
            tensors.
        folder: An empty folder, where the processes find one another and leave their results.

    Raises:
        torch.multiprocessing.ProcessRaisedException: If one of them raises.
        TimeoutError: If they are not done in time, because they wait for one another.
    """
    context = mp.spawn(_work, (number, work, folder), nprocs=number, join=False)
    deadline = time.monotonic() + SECONDS
    while not context.join(timeout=1):
        if time.monotonic() > deadline:
            for process in context.processes:
                process.kill()
            raise TimeoutError(f"{number} processes were not done after {SECONDS} seconds")
    return [torch.load(folder / f"{rank}.pt", weights_only=True) for rank in range(number)]


def _work(rank: int, number: int, work: Callable[[int], Any], folder: Path) -> None:
    torch.set_num_threads(1)
    store = dist.FileStore(str(folder / "store"), number)
    dist.init_process_group("gloo", store=store, rank=rank, world_size=number)
    torch.save(work(rank), folder / f"{rank}.pt")
    gc.collect()  # a wrapper that outlives its group now and then aborts the process at its end
    dist.destroy_process_group()
