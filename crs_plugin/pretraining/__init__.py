"""Pre-training: the objective, the Lightning module, and the run that is seen to learn.

The names below load on first use: the component rooms inside this package stay fast to import.
"""

from importlib import import_module
from typing import Any

_HOMES = {
    "Batch": "batches",
    "DivergenceError": "module",
    "MetricsRow": "metrics",
    "Objective": "objective",
    "PART_OF": "objective",
    "PretrainingModule": "module",
    "PretrainingOutcome": "training",
    "StepOutputs": "step_outputs",
    "TERM_INPUTS": "objective",
    "Term": "objective",
    "TermValue": "metrics",
    "TrainingSettings": "settings",
    "collapsed_values": "objective",
    "pretrain": "training",
    "term_inputs": "objective",
}

__all__ = list(_HOMES)


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
