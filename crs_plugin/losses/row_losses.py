"""Losses of the rows of a batch, and what becomes of them: weighted, summed, averaged."""

from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor

from crs_plugin.losses.batch_rows import BatchRows
from crs_plugin.losses.gathered_batch import sum_over_processes


@dataclass(frozen=True)
class RowLosses:
    """Losses of anchors, one per row that is not left out.

    Attributes:
        unweighted: [K].
        rows: The rows.
        count: N of the formula, over all processes.
        spread: Whether other processes have losses of the same batch.
        weights: [K], the weights of their anchors' classes; None where all are 1.
    """

    unweighted: Tensor
    rows: BatchRows
    count: int
    spread: bool = False
    weights: Tensor | None = None

    def weighted(self, class_weights: Tensor | None) -> "RowLosses":
        """Return them with the weight of their anchor's class."""
        if class_weights is None or self.rows.labels is None:
            return self
        weights = class_weights.to(self.unweighted).index_select(0, self.rows.labels)
        return replace(self, weights=weights)

    @property
    def values(self) -> Tensor:
        """[K], the losses times their weights."""
        return self.unweighted if self.weights is None else self.unweighted * self.weights

    def mean(self) -> Tensor:
        """Return the sum over all processes, divided by N."""
        return self._sum(1 / max(self.count, 1))

    def sum(self) -> Tensor:
        """Return the sum over all processes."""
        return self._sum(1)

    def _sum(self, factor: float) -> Tensor:
        losses, weights = self.unweighted, self.weights
        weights = (
            losses.new_full((losses.shape[0],), factor) if weights is None else weights * factor
        )
        total = losses.dot(weights)  # a third of the operations, which a small batch waits for
        return sum_over_processes(total) if self.spread else total

    def reduced(self, reduction: str) -> Tensor:
        """Return their mean, sum, or a loss for each row of the batch."""
        if reduction == "none":
            return self.values if self.rows.kept is None else self._of_all_rows(self.rows.kept)
        return self.mean() if reduction == "mean" else self.sum()

    def as_elements(self) -> dict[str, Any]:
        """Return what a reducer of pytorch-metric-learning gets."""
        kept = self.rows.kept
        values = self.values
        indices = torch.arange(len(values), device=values.device)
        return {
            "losses": values,
            "indices": indices if kept is None else kept.nonzero()[:, 0],
            "reduction_type": "element",
        }

    def _of_all_rows(self, kept: Tensor) -> Tensor:
        values = self.values
        return values.new_zeros(kept.shape[0]).masked_scatter(kept, values)
