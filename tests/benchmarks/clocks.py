"""What time it is once a device has done what it was given."""

import time
from collections.abc import Callable

import torch

Clock = Callable[[], float]
"""Says what time it is, in seconds."""


def clock_of(device: str) -> Clock:
    """Return the clock of a device; a GPU's waits for the kernels that were started so far."""
    return _gpu_time if device == "cuda" else time.perf_counter


def _gpu_time() -> float:
    torch.cuda.synchronize()
    return time.perf_counter()
