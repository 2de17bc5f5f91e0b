"""Losses: plain modules, each usable alone in somebody else's project.

The names of a loss's ``forward`` parameters say what it receives in a recipe: ``embeddings``,
``labels``, ``image_ids``, ``coarse_logits`` and so on.
"""

from crs_plugin.losses.class_weights import ClassWeights, FixedClassWeights
from crs_plugin.losses.coarse_cross_entropy import CoarseCrossEntropy
from crs_plugin.losses.crs_cont import CRSContLoss, crs_cont_loss
from crs_plugin.losses.fine_cross_entropy import FineCrossEntropy
from crs_plugin.losses.prediction_ntxent import PredictionNTXent

__all__ = [
    "CRSContLoss",
    "ClassWeights",
    "CoarseCrossEntropy",
    "FineCrossEntropy",
    "FixedClassWeights",
    "PredictionNTXent",
    "crs_cont_loss",
]
