"""Losses: plain modules, each usable alone in somebody else's project.

The names of a loss's ``forward`` parameters say what it receives in a recipe: ``embeddings``,
``labels``, ``image_ids``, ``coarse_logits`` and so on.
"""

from crs_plugin.losses.class_weights import (
    ClassWeights,
    EffectiveNumberClassWeights,
    FixedClassWeights,
    InverseFrequencyClassWeights,
    ScheduledClassWeights,
)
from crs_plugin.losses.coarse_cross_entropy import CoarseCrossEntropy
from crs_plugin.losses.cross_batch_memory import CRSCrossBatchMemory
from crs_plugin.losses.crs_cont import CRSContLoss, crs_cont_loss
from crs_plugin.losses.fine_cross_entropy import FineCrossEntropy
from crs_plugin.losses.prediction_ntxent import PredictionNTXent
from crs_plugin.losses.reducers.class_weighted import CoarseClassWeightedReducer
from crs_plugin.losses.self_supervised_loss import CRSSelfSupervisedLoss

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
