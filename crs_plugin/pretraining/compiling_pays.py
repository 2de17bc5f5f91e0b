"""Whether a run is long enough for compiling its network."""

from typing import Any

import torch
from torch import nn

from crs_plugin.pretraining.precision_here import precision_here
from crs_plugin.pretraining.settings import TrainingSettings

WORTHWHILE_PIXELS = 10**9
"""Pixels in the views of a run below which compiling is not worth its minute: 40 minutes' work for
a ResNet-18 on two cores."""


def compiling_pays(settings: TrainingSettings, augmentation: nn.Module, steps: int) -> bool:
    """Return whether the network is compiled: as the settings say, or by a rule if that is auto.

    Auto is a long run in float32 on a CPU with AVX-512. A ResNet-18 compiled for AVX2 was not
    faster at all (0.93 to 1.0 times, at 64 and 112 px), one in bfloat16 was slower (0.88 times, at
    48 px), and on GPUs it was not measured. The rule follows from recipe and machine, not from a
    clock, so that a run that is repeated or resumed computes in the same way.

    Args:
        settings: The run's settings.
        augmentation: Makes ``views`` (two, if it does not say) of ``size`` pixels of each image.
        steps: Steps of the whole run.
    """
    if settings.compile != "auto":
        return settings.compile
    if settings.strategy == "fsdp":
        return False
    on_gpu = torch.cuda.is_available() or torch.backends.mps.is_available()
    if settings.accelerator != "cpu" and on_gpu:
        return False
    if precision_here(settings) != "32-true":
        return False
    if not torch.backends.cpu.get_cpu_capability().startswith("AVX512"):
        return False
    made_by: Any = augmentation
    views = steps * settings.batch_size * getattr(made_by, "views", 2)
    return bool(views * made_by.size**2 >= WORTHWHILE_PIXELS)
