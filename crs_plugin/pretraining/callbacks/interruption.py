"""Ctrl-C, SIGTERM and SIGUSR1: finish the step, save, stop."""

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

import pytorch_lightning as pl

_SIGNALS = tuple(
    getattr(signal, name)
    for name in ("SIGINT", "SIGTERM", "SIGUSR1")  # the last: SLURM's, before a job's time is up
    if hasattr(signal, name)
)


class Interruption(pl.Callback):
    """Turns the first of these signals into a stop after the step, when all can be saved.

    The second one stops at once: what was saved last is what can be resumed.

    Args:
        announce: Called with a line for the user when the first of them is noticed.

    Attributes:
        requested: Whether somebody asked to stop.
    """

    def __init__(self, announce: Callable[[str], None]) -> None:
        self.requested = False
        self._announce = announce

    @contextmanager
    def listening(self) -> Iterator[None]:
        """Take over the signals while the block runs (in the main thread; others get none)."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        before = {number: signal.signal(number, self._on_signal) for number in _SIGNALS}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def on_train_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Take signals back from Lightning, which would end the process without saving."""
        if signal.getsignal(signal.SIGINT) == self._on_signal:
            for number in _SIGNALS:
                signal.signal(number, self._on_signal)

    def on_train_batch_end(
        self,
        trainer: pl.Trainer,
        pl_module: pl.LightningModule,
        outputs: Any,
        batch: Any,
        batch_idx: int,
    ) -> None:
        """Pass the request on to the trainer; checkpoints are written after this callback.

        It is enough that one of several processes was asked: all of them stop at this step.
        """
        if trainer.strategy.reduce_boolean_decision(self.requested, all=False):
            self.requested = trainer.should_stop = True

    def on_exception(
        self, trainer: pl.Trainer, pl_module: pl.LightningModule, exception: BaseException
    ) -> None:
        """Remember that it was a person who stopped the run."""
        self.requested = self.requested or isinstance(exception, KeyboardInterrupt)

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        if self.requested:
            raise KeyboardInterrupt
        self.requested = True
        self._announce("stopping after this step, to save it (once more: stop at once)")
