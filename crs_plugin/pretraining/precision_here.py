"""What a network is computed in on this machine."""

from typing import Literal

import torch

from crs_plugin.pretraining.settings import TrainingSettings

Precision = Literal["32-true", "bf16-mixed", "16-mixed"]


def precision_here(settings: TrainingSettings) -> Precision:
    """Return what the settings say, or by a rule if that is auto: bfloat16 where it is fast.

    The rule follows from the machine, not from a clock, so that a run that is repeated or resumed
    on it computes in the same way.

    Args:
        settings: The run's settings.
    """
    if settings.precision != "auto":
        return settings.precision
    if settings.accelerator != "cpu" and torch.cuda.is_available():
        fast = torch.cuda.is_bf16_supported(including_emulation=False)
    elif settings.accelerator != "cpu" and torch.backends.mps.is_available():
        fast = False
    else:
        fast = cpu_has_fast_bfloat16()
    return "bf16-mixed" if fast else "32-true"


def cpu_has_fast_bfloat16() -> bool:
    """Return whether the CPU has instructions for it (AVX512_BF16 or AMX)."""
    for name in ("_is_avx512_bf16_supported", "_is_amx_tile_supported"):
        supported = getattr(torch.cpu, name, None)
        if supported is not None and supported():
            return True
    return False
