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
        values: [K].
        rows: The rows.
        count: N of the formula, over all processes.
        spread: Whether other processes have losses of the same batch.
    """

    values: Tensor
    rows: BatchRows
    count: int
    spread: bool = False

    def weighted(self, class_weights: Tensor | None) -> "RowLosses":
        """Return them multiplied by the weight of their anchor's class."""
        if class_weights is None or self.rows.labels is None:
            return self
        weights = class_weights.to(self.values).index_select(0, self.rows.labels)
        return replace(self, values=self.values * weights)

    def mean(self) -> Tensor:
        """Return the sum over all processes, divided by N."""
        return self.sum() / max(self.count, 1)

    def sum(self) -> Tensor:
        """Return the sum over all processes."""
        total = self.values.sum()
        return sum_over_processes(total) if self.spread else total

    def reduced(self, reduction: str) -> Tensor:
        """Return their mean, sum, or a loss for each row of the batch."""
        if reduction == "none":
            return self.values if self.rows.kept is None else self._of_all_rows(self.rows.kept)
        return self.mean() if reduction == "mean" else self.sum()

    def as_elements(self) -> dict[str, Any]:
        """Return what a reducer of pytorch-metric-learning gets."""
        kept = self.rows.kept
        indices = torch.arange(len(self.values), device=self.values.device)
        return {
            "losses": self.values,
            "indices": indices if kept is None else kept.nonzero()[:, 0],
            "reduction_type": "element",
        }

    def _of_all_rows(self, kept: Tensor) -> Tensor:
        return self.values.new_zeros(len(kept)).masked_scatter(kept, self.values)
