"""Running a trainer without leaving traces: chatter, random state and threads stay as they were."""

import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

import torch
from pytorch_lightning.utilities.seed import isolate_rng

from crs_plugin.verbosity import Verbosity, chosen

_CHATTY = ("pytorch_lightning", "lightning_fabric", "lightning.pytorch", "lightning.fabric")

_NOTHING_TO_DO_ABOUT = (
    # (message, module) of warnings that a user of this package cannot act upon
    ("", r"(pytorch_lightning|lightning_fabric)(\.|$)"),
    (r"Detected call of `lr_scheduler\.step\(\)` before", ""),
    (r"You're resuming from a checkpoint that ended before the epoch ended", ""),
    (r".*does not have a deterministic implementation", ""),
    (r"FSDP2-wrapped module .* returned a view", ""),  # of which nothing is changed in place
    (r".*`?isinstance\(treespec, LeafSpec\)`? is deprecated", ""),
)


@contextmanager
def undisturbed(threads: int | None) -> Iterator[None]:
    """Isolate a block: afterwards generators, filters, log levels and threads are as before.

    Args:
        threads: Threads of PyTorch inside the block, or None to leave them.
    """
    levels = {name: logging.getLogger(name).level for name in _CHATTY}
    threads_before = torch.get_num_threads()
    deterministic = torch.are_deterministic_algorithms_enabled()
    warn_only = torch.is_deterministic_algorithms_warn_only_enabled()
    benchmark = torch.backends.cudnn.benchmark
    gradients = torch.is_grad_enabled()
    try:
        with warnings.catch_warnings(), isolate_rng():
            if chosen.get() is not Verbosity.VERBOSE:
                _silence()
            if threads is not None:
                torch.set_num_threads(threads)
            yield
    finally:
        for name, level in levels.items():
            logging.getLogger(name).setLevel(level)
        torch.set_num_threads(threads_before)
        torch.use_deterministic_algorithms(deterministic, warn_only=warn_only)
        torch.backends.cudnn.benchmark = benchmark
        torch.set_grad_enabled(gradients)


def _silence() -> None:
    for name in _CHATTY:
        logging.getLogger(name).setLevel(logging.ERROR)
    for message, module in _NOTHING_TO_DO_ABOUT:
        warnings.filterwarnings("ignore", message=message, module=module)
