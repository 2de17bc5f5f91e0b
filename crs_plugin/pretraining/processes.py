"""The processes of a run: which of them this one is, who started them, and what if one is lost."""

import gc
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta

import pytorch_lightning as pl
import torch.distributed as dist
from lightning_fabric.plugins.environments.cluster_environment import ClusterEnvironment
from lightning_fabric.plugins.environments.slurm import SLURMEnvironment
from lightning_fabric.plugins.environments.torchelastic import TorchElasticEnvironment

from crs_plugin.errors import InputError
from crs_plugin.pretraining.settings import TrainingSettings

PATIENCE = timedelta(minutes=10)
"""How long a process waits for one that neither answers nor has ended. One that has ended closes
its connections, which the others notice at once."""

WHAT_NOW = (
    "so training stopped. The checkpoint that was saved last can be continued with --resume, by as"
    " many processes or another number of them (training.devices)"
)

_SAID_BY_TORCHRUN = ("RANK", "LOCAL_RANK", "WORLD_SIZE", "MASTER_ADDR", "MASTER_PORT")
_TASKS_OF_SRUN = "SLURM_STEP_NUM_TASKS"  # which a batch script itself does not have


class LostProcessError(InputError):
    """Another process of the run has ended or does not answer, so this one cannot go on."""


@dataclass(frozen=True)
class Processes:
    """The processes that train one network together.

    Attributes:
        rank: Which of them this one is; that of rank 0 writes and prints.
        count: How many there are.
        started_by: ``torchrun`` or ``srun``, when they were started from outside.
    """

    rank: int = 0
    count: int = 1
    started_by: str | None = None

    def environment(self, settings: TrainingSettings) -> ClusterEnvironment:
        """Return how they find one another, for Lightning.

        Raises:
            InputError: If they are not as many as the settings say, or srun did not say enough.
        """
        if self.count != settings.processes:
            raise InputError(
                f"training.devices wants {settings.processes} processes, but {self.count} train"
            )
        if self.started_by != "srun":
            return TorchElasticEnvironment()
        try:
            return SLURMEnvironment(auto_requeue=False)
        except RuntimeError as error:
            raise InputError(f"SLURM: {error}") from error


def processes_here() -> Processes:
    """Return what the environment variables of torchrun or srun say; one process without them."""
    if all(name in os.environ for name in _SAID_BY_TORCHRUN):
        count = int(os.environ["WORLD_SIZE"])
        return Processes(int(os.environ["RANK"]), count, "torchrun" if count > 1 else None)
    count = int(os.environ.get(_TASKS_OF_SRUN, 1))
    if count > 1:
        return Processes(int(os.environ["SLURM_PROCID"]), count, "srun")
    return Processes()


def check_processes(settings: TrainingSettings) -> None:
    """Make sure that the settings are about the processes that were started.

    Raises:
        InputError: If they are about more or fewer.
    """
    here, wanted = processes_here(), settings.processes
    asked = (
        f"training.devices is {settings.devices} and training.num_nodes {settings.num_nodes}"
        f" ({wanted} process{'es' * (wanted > 1)})"
    )
    if here.started_by is not None and here.count != wanted:
        raise InputError(
            f"{here.started_by} started {here.count} processes, but {asked}: set both to what"
            f" {here.started_by} starts"
        )
    if here.started_by is None and settings.num_nodes > 1:
        raise InputError(
            f"{asked}, but this process was started alone: several machines need torchrun or srun,"
            f" such as torchrun --nnodes {settings.num_nodes} --nproc-per-node {settings.devices}"
            " -m crs_plugin recipe run …"
        )


@contextmanager
def joined(trainer: pl.Trainer, module: pl.LightningModule) -> Iterator[None]:
    """Connect the processes that train a module while the block runs; nothing to do if it is one.

    Raises:
        LostProcessError: If one of them does not come.
    """
    if trainer.world_size == 1:
        yield
        return
    trainer.strategy.connect(module)
    try:
        with told_as_lost():
            trainer.strategy.setup_environment()
        yield
    finally:
        if dist.is_initialized():
            # A wrapper that outlives its group now and then aborts the process at its end.
            trainer.strategy.model = None
            gc.collect()
            dist.destroy_process_group()


@contextmanager
def told_as_lost() -> Iterator[None]:
    """Turn the errors that PyTorch raises when a process is lost into one that says so.

    Raises:
        LostProcessError: If that is what happened in the block.
    """
    try:
        yield
    except RuntimeError as error:
        if not _is_lost(error):
            raise
        reason = str(error).strip().partition("\n")[0].partition(". ")[0]
        raise LostProcessError(
            "another process of this run has ended, or has not answered for"
            f" {PATIENCE.total_seconds() / 60:.0f} minutes ({reason}), {WHAT_NOW}"
        ) from error


def _is_lost(error: RuntimeError) -> bool:
    # gloo has no exception of its own.
    return isinstance(error, dist.DistError) or "gloo/transport" in str(error)
