"""Randomness that depends on where a run is, not on how it came there.

Every draw of a run follows from the run's seed and the place it belongs to: the order of an epoch
from (seed, epoch), the augmentation and dropout of a step from (seed, step, rank). A run that was
stopped and resumed therefore draws what the undisturbed one draws, with no generator state to keep.
"""

import random

import numpy as np
import torch

_ORDER, _STEP = 0, 1


def seed_order(seed: int, epoch: int) -> None:
    """Seed the global generators for drawing the order of an epoch (from 0)."""
    _seed_all((_ORDER, seed, epoch))


def seed_step(seed: int, step: int, rank: int) -> None:
    """Seed the global generators for a step (from 0) on one of the devices."""
    _seed_all((_STEP, seed, step, rank))


def _seed_all(entropy: tuple[int, ...]) -> None:
    words = np.random.SeedSequence(entropy).generate_state(4)
    random.seed(int(words[0]))
    np.random.seed(int(words[1]))
    torch.manual_seed((int(words[2]) << 32) | int(words[3]))
