"""The losses of pytorch-metric-learning, as ``pml/SupConLoss`` and so on."""

import inspect
from collections.abc import Mapping
from typing import Any, ClassVar

from torch import nn

from crs_plugin.expressions import UNLABELLED
from crs_plugin.registry import register_family
from crs_plugin.toolkits import ToolkitParts

WITHOUT_PAIRS = frozenset(
    {"pml/InstanceLoss", "pml/P2SGradLoss", "pml/PNPLoss", "pml/RankedListLoss"}
)
"""Losses that refuse the pairs of a miner."""


@register_family("loss", prefix="pml/", origin="pytorch-metric-learning")
class PMLLosses(ToolkitParts):
    """Losses of ``pytorch_metric_learning.losses`` that take embeddings, labels and pairs.

    They know no missing labels, so the rows labelled -1 are left out here. In the pairs of a miner
    there are none of them.
    """

    toolkit = "pytorch-metric-learning"
    module = "pytorch_metric_learning.losses"
    base = "BaseMetricLossFunction"
    refused: ClassVar[Mapping[str, str]] = {
        "BaseLossWrapper": "it is the base of wrappers of another loss",
        "CrossBatchMemory": "it wraps another loss and takes it by class name",
        "GenericPairLoss": "it is the base of other losses",
        "ManifoldLoss": "it takes no labels and makes pairs of its own",
        "MultipleLosses": "a sum of losses is written as several terms of the objective",
        "SelfSupervisedLoss": (
            "it wraps another loss to make labels of the image ids; use lightly/NTXentLoss"
        ),
        "SmoothAPLoss": "it needs batches sorted by class with equally many images of each",
        "VICRegLoss": "it takes a second embedding and no labels; use lightly/VICRegLoss",
    }
    hidden = frozenset({"mat_based_loss", "weight_init_func"})
    components: ClassVar[Mapping[str, str]] = {"reducer": "reducer"}
    by_name: ClassVar[Mapping[str, str]] = {
        "distance": "pytorch_metric_learning.distances",
        "embedding_regularizer": "pytorch_metric_learning.regularizers",
        "weight_regularizer": "pytorch_metric_learning.regularizers",
    }

    def build(self, part: type, *given: Any, **options: Any) -> nn.Module:
        """Return the loss; it leaves out rows without a label."""
        loss: nn.Module = part(*given, **options)
        loss.register_forward_pre_hook(_leave_out_unlabelled, with_kwargs=True)
        return loss


def _leave_out_unlabelled(
    loss: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> tuple[tuple[Any, ...], dict[str, Any]]:
    given = inspect.signature(loss.forward).bind(*args, **kwargs).arguments
    labels, pairs = given.get("labels"), given.get("indices_tuple")
    if labels is None or not (labels == UNLABELLED).any():
        return args, kwargs
    kept = labels != UNLABELLED
    given |= {"embeddings": given["embeddings"][kept], "labels": labels[kept]}
    if pairs is not None:  # their indices count all rows
        place = kept.cumsum(0) - 1
        given["indices_tuple"] = tuple(place[index] for index in pairs)
    return (), given
