"""Losses: plain modules, each usable alone in somebody else's project.

The names of a loss's ``forward`` parameters say what it receives in a recipe: ``embeddings``,
``labels``, ``image_ids``, ``coarse_logits`` and so on.

What builds on pytorch-metric-learning is imported when it is asked for: that takes half a second.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from crs_plugin.losses.class_weights import (
    ClassWeights,
    EffectiveNumberClassWeights,
    FixedClassWeights,
    InverseFrequencyClassWeights,
    ScheduledClassWeights,
)
from crs_plugin.losses.coarse_cross_entropy import CoarseCrossEntropy
from crs_plugin.losses.crs_cont import CRSContLoss, crs_cont_loss
from crs_plugin.losses.fine_cross_entropy import FineCrossEntropy
from crs_plugin.losses.prediction_ntxent import PredictionNTXent
from crs_plugin.losses.self_supervised_loss import CRSSelfSupervisedLoss

if TYPE_CHECKING:
    from crs_plugin.losses.cross_batch_memory import CRSCrossBatchMemory
    from crs_plugin.losses.reducers.class_weighted import CoarseClassWeightedReducer

_HOMES = {
    "CRSCrossBatchMemory": "cross_batch_memory",
    "CoarseClassWeightedReducer": "reducers.class_weighted",
}

__all__ = [
    "CRSContLoss",
    "CRSCrossBatchMemory",
    "CRSSelfSupervisedLoss",
    "ClassWeights",
    "CoarseClassWeightedReducer",
    "CoarseCrossEntropy",
    "EffectiveNumberClassWeights",
    "FineCrossEntropy",
    "FixedClassWeights",
    "InverseFrequencyClassWeights",
    "PredictionNTXent",
    "ScheduledClassWeights",
    "crs_cont_loss",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
