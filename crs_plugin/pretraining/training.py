"""The pre-training run: trainer, callbacks, checkpoints, and what came out of it."""

import errno
import sys
import time
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytorch_lightning as pl
import torch
from pytorch_lightning.loggers import Logger
from pytorch_lightning.strategies import DDPStrategy, Strategy
from pytorch_lightning.utilities.exceptions import MisconfigurationException  # type: ignore[attr-defined]
from rich.console import Console

from crs_plugin.compiling import keep_kernels_in
from crs_plugin.data.cache.folder import cache_folder
from crs_plugin.errors import InputError
from crs_plugin.files import remove_leftovers
from crs_plugin.pretraining.batches import RunBatches
from crs_plugin.pretraining.callbacks.checkpointing import Checkpointing
from crs_plugin.pretraining.callbacks.collapse import CollapseWatch
from crs_plugin.pretraining.callbacks.interruption import Interruption
from crs_plugin.pretraining.callbacks.metrics_file import MetricsFile, read_metrics
from crs_plugin.pretraining.callbacks.progress import ProgressDisplay
from crs_plugin.pretraining.checkpoint_files import (
    LAST_CHECKPOINT,
    PREVIOUS_CHECKPOINT,
    usable_checkpoint,
)
from crs_plugin.pretraining.checkpoint_io import AtomicCheckpointIO
from crs_plugin.pretraining.compiling_pays import compiling_pays
from crs_plugin.pretraining.hardware import check_hardware
from crs_plugin.pretraining.metrics import METRICS_FILE
from crs_plugin.pretraining.module import PretrainingModule
from crs_plugin.pretraining.precision_here import precision_here
from crs_plugin.pretraining.processes import (
    PATIENCE,
    joined,
    processes_here,
    told_as_lost,
)
from crs_plugin.pretraining.run_identity import RunIdentity, digest
from crs_plugin.pretraining.settings import TrainingSettings
from crs_plugin.pretraining.sharding import ShardedStrategy, put_together_again
from crs_plugin.pretraining.surroundings import undisturbed

_NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
"""Errors of a full disk, a used-up quota, a limit of the size of files."""


@dataclass(frozen=True)
class PretrainingOutcome:
    """What came out of one call of ``pretrain``.

    Attributes:
        steps: Steps of the run so far, those before it was resumed included.
        total_steps: Steps of the whole run.
        epochs: Epochs so far; not whole if the last of them is not complete.
        images_seen: Different images that these steps showed the network.
        seconds: Duration of the run so far without its breaks: of this call, and of those before it
            up to the checkpoints that were resumed.
        images_per_second: Images (not views) a second in this call; 0 if it made no step.
        interrupted: Whether somebody stopped it (Ctrl-C).
        checkpoint: What it can be resumed from, or None if nothing was saved yet.
        warnings: What the collapse watch said.
        final: The last row of metrics (see ``MetricsRow``); empty if there is none.
    """

    steps: int
    total_steps: int
    epochs: float
    images_seen: int
    seconds: float
    images_per_second: float
    interrupted: bool
    checkpoint: Path | None
    warnings: tuple[str, ...]
    final: dict[str, Any]


def pretrain(
    *,
    module: PretrainingModule,
    batches: RunBatches,
    settings: TrainingSettings,
    folder: Path,
    resume: bool,
    loggers: Sequence[Logger] = (),
    console: Console | None = None,
) -> PretrainingOutcome:
    """Train a module in place; metrics and checkpoints go to a folder.

    With the same arguments, machine and threads the numbers are the same, however often the run is
    stopped and resumed. The caller has made the module with seeded weights.

    Where the settings are for several processes, each of them calls this function, with the
    environment variables of torchrun or srun. That of rank 0 writes; where the network is shared
    out (``fsdp``), it alone has the trained one.

    Args:
        module: What is trained; it stays on the CPU afterwards.
        batches: What it is trained on; their seed is the run's, their size that of the settings.
        settings: Budget and hardware.
        folder: The run's folder; made if it is not there.
        resume: Continue from the folder's checkpoint instead of starting anew. Of several processes
            the first decides.
        loggers: Experiment loggers that get every row of metrics as well.
        console: Where progress is shown, or None for nowhere.

    Returns:
        The outcome; the run is complete when ``steps == total_steps``.

    Raises:
        InputError: If there is nothing to resume, what there is belongs to another run, or the
            hardware that is asked for is not there.
        LostProcessError: If another process of the run has ended or does not answer.
        DivergenceError: If a term of the objective is no finite number any more.
    """
    check_hardware(settings)
    total_steps = settings.total_steps(len(batches))
    display = ProgressDisplay(console)
    checkpoint = folder / LAST_CHECKPOINT
    interruption = Interruption(display.announce)
    watch = CollapseWatch(display.announce)
    start = _Start(batches)
    if compiling_pays(settings, module.augmentation, total_steps):
        keep_kernels_in(cache_folder() / "kernels")
        module.compile_network()
    sharded = settings.strategy == "fsdp"
    with display.shows_failed_compiling(), undisturbed(settings.threads):
        trainer = _trainer(
            settings,
            total_steps,
            folder,
            loggers,
            [
                MetricsFile(folder / METRICS_FILE),
                watch,
                display,
                interruption,
                start,
                Checkpointing(
                    checkpoint,
                    settings.checkpoint_every,
                    _identity(settings, batches),
                    display.announce,
                ),
            ],
        )
        module.seed = batches.seed
        with joined(trainer, module), put_together_again(module) if sharded else nullcontext():
            found = _begun(folder, resume, display) if trainer.is_global_zero else None
            continued = trainer.strategy.broadcast(found)
            with interruption.listening():
                _fit(trainer, module, batches, continued, interruption)
    ended = time.perf_counter()
    made = 0 if start.step is None else trainer.global_step - start.step
    rows = read_metrics(folder / METRICS_FILE)
    return PretrainingOutcome(
        steps=trainer.global_step,
        total_steps=total_steps,
        epochs=round(trainer.global_step / len(batches), 2),
        images_seen=batches.images_seen(trainer.global_step),
        seconds=start.seconds(until=ended),
        images_per_second=made * batches.batch_size / (ended - start.time),
        interrupted=interruption.requested and trainer.global_step < total_steps,
        checkpoint=checkpoint if checkpoint.is_file() else None,
        warnings=tuple(watch.warnings),
        final=rows[-1] if rows else {},
    )


def _identity(settings: TrainingSettings, batches: RunBatches) -> RunIdentity:
    return RunIdentity(
        {
            "seed": batches.seed,
            "steps": settings.total_steps(len(batches)),
            "batch_size": batches.batch_size,
            "images": len(batches.images),
            "labels": digest(batches.fine, batches.coarse),
        },
        pixels=batches.fingerprint,
        precision=precision_here(settings),
        processes=settings.processes,
    )


def _begun(folder: Path, resume: bool, display: ProgressDisplay) -> Path | None:
    """Make the folder ready, and return the checkpoint to continue from, if it is to be."""
    checkpoint = folder / LAST_CHECKPOINT
    continued = usable_checkpoint(folder, display.announce) if resume else None
    if resume and continued is None:
        raise InputError(f"there is nothing to resume in {folder}: no checkpoint {checkpoint}")
    folder.mkdir(parents=True, exist_ok=True)
    if continued != checkpoint:
        checkpoint.unlink(missing_ok=True)  # so that a damaged one never takes the other's place
    if continued is None:
        (folder / PREVIOUS_CHECKPOINT).unlink(missing_ok=True)
        (folder / METRICS_FILE).unlink(missing_ok=True)
    remove_leftovers(checkpoint)
    return continued


class _Start(pl.Callback):
    """Tells the batches where the run starts and which device's share to give; keeps the clock."""

    def __init__(self, batches: RunBatches) -> None:
        self._batches = batches
        self._made = time.perf_counter()
        self._seconds_before = 0.0
        self.step: int | None = None
        self.time = 0.0

    def seconds(self, until: float) -> float:
        return self._seconds_before + until - self._made

    def state_dict(self) -> dict[str, Any]:
        return {"seconds": self.seconds(until=time.perf_counter())}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        self._seconds_before = state_dict["seconds"]

    def on_train_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        self.step = trainer.global_step
        self.time = time.perf_counter()
        self._batches.steps_made = lambda: trainer.global_step
        self._batches.rank = trainer.global_rank
        self._batches.ranks = trainer.world_size


def _trainer(
    settings: TrainingSettings,
    total_steps: int,
    folder: Path,
    loggers: Sequence[Logger],
    callbacks: list[pl.Callback],
) -> pl.Trainer:
    on_gpu = settings.accelerator != "cpu" and torch.cuda.is_available()
    several = settings.processes > 1
    plugins: list[Any] = [AtomicCheckpointIO()]
    if several:
        plugins.append(processes_here().environment(settings))
    try:
        return pl.Trainer(
            accelerator=settings.accelerator,
            devices=settings.devices,
            num_nodes=settings.num_nodes,
            strategy=_strategy(settings) if several else "auto",
            sync_batchnorm=settings.sync_batchnorm,
            precision=precision_here(settings),
            # Steps alone decide where a run ends: Lightning's count of epochs is not exact in a run
            # that was stopped several times, once of them between two epochs.
            max_epochs=sys.maxsize,
            max_steps=total_steps,
            logger=list(loggers) or False,
            callbacks=callbacks,
            plugins=plugins,
            default_root_dir=folder,
            log_every_n_steps=settings.log_every,
            deterministic="warn" if on_gpu else None,
            enable_checkpointing=True,
            enable_progress_bar=False,
            enable_model_summary=False,
            use_distributed_sampler=False,
        )
    except MisconfigurationException as error:
        raise InputError(f"training.accelerator, training.devices: {error}") from error


def _strategy(settings: TrainingSettings) -> Strategy:
    if settings.strategy == "fsdp":
        return ShardedStrategy(settings.processes)
    return DDPStrategy(timeout=PATIENCE)


def _fit(
    trainer: pl.Trainer,
    module: PretrainingModule,
    batches: RunBatches,
    checkpoint: Path | None,
    interruption: Interruption,
) -> None:
    try:
        with told_as_lost():
            trainer.fit(module, train_dataloaders=batches, ckpt_path=checkpoint)
    except (KeyboardInterrupt, SystemExit):
        # Lightning turns KeyboardInterrupt into an exit, once it has cleaned up.
        if not interruption.requested:
            raise
    except OSError as error:
        if error.errno not in _NO_ROOM:
            raise
        raise InputError(
            f"{error.filename}: {error.strerror}. What was saved before is whole: make room, then"
            " go on with --resume"
        ) from error
    except (RuntimeError, MemoryError) as error:
        if not _is_out_of_memory(error):
            raise
        raise InputError(_too_large(batches.batch_size)) from error


def _is_out_of_memory(error: Exception) -> bool:
    # On the CPU PyTorch has no exception of its own for it.
    return isinstance(error, torch.OutOfMemoryError | MemoryError) or "allocate memory" in str(
        error
    )


def _too_large(batch_size: int) -> str:
    return (
        f"a step of {batch_size:,} images does not fit into the memory: try"
        f" training.batch_size={max(batch_size // 2, 1)}, smaller views, or"
        " training.precision=bf16-mixed"
    )
