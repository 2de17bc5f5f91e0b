"""The network of a run: backbone and heads, from images to all that terms can be about."""

from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import nn


class NetworkOutputs(NamedTuple):
    """What backbone and heads make of N images.

    A tuple, as that is what every version of PyTorch can compile.

    Attributes:
        features: ``[N, F]``, backbone output h, in the precision that it computes in.
        projections: float32 ``[N, D]``, projection-head output, or None without that head.
        embeddings: float32 ``[N, D]``, the projections, L2-normalised: z.
        coarse_logits: float32 ``[N, C]``, or None without a coarse head.
        fine_logits: float32 ``[N, K]``, or None without a fine head.
    """

    features: torch.Tensor
    projections: torch.Tensor | None
    embeddings: torch.Tensor | None
    coarse_logits: torch.Tensor | None
    fine_logits: torch.Tensor | None


def network_outputs(
    images: torch.Tensor,
    backbone: nn.Module,
    projection: nn.Module | None,
    coarse: nn.Module | None,
    fine: nn.Module | None,
) -> NetworkOutputs:
    """Pass images through the backbone and the heads that there are.

    The coarse head sees the normalised embeddings z (the features h where there is no projection
    head), the fine head sees h.

    Args:
        images: ``[N, 3, S, S]``.
        backbone: ``[N, 3, S, S] → [N, F]``.
        projection: ``[N, F] → [N, D]``, or None.
        coarse: Coarse head, or None.
        fine: Fine head, or None.
    """
    features = backbone(images)
    projections = None if projection is None else projection(features).float()
    embeddings = None if projections is None else F.normalize(projections, dim=1)
    seen_by_coarse = features if embeddings is None else embeddings
    return NetworkOutputs(
        features=features,
        projections=projections,
        embeddings=embeddings,
        coarse_logits=None if coarse is None else coarse(seen_by_coarse).float(),
        fine_logits=None if fine is None else fine(features).float(),
    )
