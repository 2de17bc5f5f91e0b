"""Pre-training: the objective, the Lightning module, and the run that is seen to learn.

The names below load on first use: the component rooms inside this package stay fast to import.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from crs_plugin.pretraining.batches import Batch
    from crs_plugin.pretraining.loss_inputs import PART_OF, TERM_INPUTS, term_inputs
    from crs_plugin.pretraining.metrics import MetricsRow, TermValue
    from crs_plugin.pretraining.module import DivergenceError, PretrainingModule
    from crs_plugin.pretraining.objective import Objective, Term, collapsed_values
    from crs_plugin.pretraining.settings import TrainingSettings
    from crs_plugin.pretraining.step_outputs import StepOutputs
    from crs_plugin.pretraining.training import PretrainingOutcome, pretrain

_HOMES = {
    "Batch": "batches",
    "DivergenceError": "module",
    "MetricsRow": "metrics",
    "Objective": "objective",
    "PART_OF": "loss_inputs",
    "PretrainingModule": "module",
    "PretrainingOutcome": "training",
    "StepOutputs": "step_outputs",
    "TERM_INPUTS": "loss_inputs",
    "Term": "objective",
    "TermValue": "metrics",
    "TrainingSettings": "settings",
    "collapsed_values": "objective",
    "pretrain": "training",
    "term_inputs": "loss_inputs",
}

__all__ = [
    "PART_OF",
    "TERM_INPUTS",
    "Batch",
    "DivergenceError",
    "MetricsRow",
    "Objective",
    "PretrainingModule",
    "PretrainingOutcome",
    "StepOutputs",
    "Term",
    "TermValue",
    "TrainingSettings",
    "collapsed_values",
    "pretrain",
    "term_inputs",
]


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
