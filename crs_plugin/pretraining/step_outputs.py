"""What the network makes of one batch: all that a term of the objective can be about."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import torch
import torch.nn.functional as F

from crs_plugin.pretraining.over_processes import mean_over_processes


@dataclass(frozen=True)
class StepOutputs:
    """One batch of B images in V views, view after view: rows 0..B-1 are view 0, and so on.

    Attributes:
        views: V.
        features: ``[V·B, F]`` float, backbone output h.
        labels: ``[V·B]`` int64, coarse ids; -1 for none.
        fine_labels: ``[V·B]`` int64, contiguous ids of the expressions in the data; -1 for none.
        image_ids: ``[V·B]`` int64, consecutive numbers of the images, repeated for every view:
            0..B-1, on the second of several processes B..2B-1 and so on.
        projections: ``[V·B, D]`` float, projection-head output, or None without that head.
        embeddings: ``[V·B, D]`` float, the projections, L2-normalised: z.
        coarse_logits: ``[V·B, C]`` float, or None without a coarse head.
        fine_logits: ``[V·B, K]`` float, or None without a fine head.
        indices_tuple: The miner's pairs or triplets, or None without a miner.
    """

    views: int
    features: torch.Tensor
    labels: torch.Tensor
    fine_labels: torch.Tensor
    image_ids: torch.Tensor
    projections: torch.Tensor | None = None
    embeddings: torch.Tensor | None = None
    coarse_logits: torch.Tensor | None = None
    fine_logits: torch.Tensor | None = None
    indices_tuple: Sequence[torch.Tensor] | None = None

    @property
    def batch_size(self) -> int:
        """B, the number of images."""
        return len(self.image_ids) // self.views

    def view(self, rows: torch.Tensor | None, number: int) -> torch.Tensor | None:
        """Return one view's rows ``[B, …]`` of a tensor, or None if either is missing."""
        if rows is None or number >= self.views:
            return None
        return rows[number * self.batch_size : (number + 1) * self.batch_size]

    def collapsed(self) -> "StepOutputs":
        """Return what a collapsed network would make of the same batch.

        All images are alike to it: embeddings, projections and features are their batch-mean
        direction (of mean length) repeated, logits are the logarithm of the class shares in the
        batch. The batch is that of all processes, which must all call it. The miner's pairs stay.
        """
        return replace(
            self,
            features=_mean_direction(self.features),
            projections=None if self.projections is None else _mean_direction(self.projections),
            embeddings=None if self.embeddings is None else _mean_direction(self.embeddings),
            coarse_logits=_class_prior(self.coarse_logits, self.labels),
            fine_logits=_class_prior(self.fine_logits, self.fine_labels),
        )


def _mean_direction(rows: torch.Tensor) -> torch.Tensor:
    lengths = rows.norm(dim=1)
    mean = mean_over_processes(F.normalize(rows, dim=1).mean(dim=0))
    # Perfectly spread rows have no mean direction; any one will do, for the same collapsed value.
    direction = F.normalize(mean if mean.norm() > 1e-6 else torch.ones_like(mean), dim=0)
    length = mean_over_processes(lengths.mean())
    repeated: torch.Tensor = (direction * length).expand_as(rows).contiguous()
    return repeated


def _class_prior(logits: torch.Tensor | None, labels: torch.Tensor) -> torch.Tensor | None:
    if logits is None:
        return None
    counts = torch.bincount(labels[labels >= 0], minlength=logits.shape[1]).to(logits.dtype)
    counts = mean_over_processes(counts)
    shares = counts / counts.sum().clamp(min=torch.finfo(counts.dtype).tiny)
    return shares.clamp(min=1e-6).log().expand_as(logits).contiguous()
