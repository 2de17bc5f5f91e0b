"""The loss of every anchor of a small batch, over all pairs that the labels make, at once.

With the softmax p_ij of the similarities s_ij = z_i·z_j / τ over the others j ≠ i of i, and with
q_ij = 1 for the positives j of i, else 0::

    l_i = - 1/|P(i)| · Σ_j q_ij log p_ij        ∂l_i/∂s_ij = p_ij - q_ij / |P(i)|

A small batch waits for the number of operations, not for what they compute. With its checks and its
backward pass this takes 48 of them, the way in blocks 68. It holds some N×N matrices.
"""

from typing import Any, cast

import torch
from torch import Tensor

from crs_plugin.losses.pair_losses import gradient_of_label_pairs
from crs_plugin.losses.similarity_blocks import LARGEST_SAFE

MOST_ROWS = 256
"""Rows up to which this is faster than the way in blocks, on two cores."""


def small_batch_losses(z: Tensor, labels: Tensor, temperature: float) -> Tensor | None:
    """Return l_i [N] of every row; 0 where it has no positive.

    Args:
        z: [N, D] float32 or float64, N > 1.
        labels: [N] int64 ids.
        temperature: τ.

    Returns:
        The losses; None where similarities are not finite, or too large to be as exact as in
        blocks.
    """
    columns = z.detach()
    s = torch.mm(columns, columns.T).div_(temperature)
    if not float(s.diagonal().amax()) <= LARGEST_SAFE:  # the largest, by Cauchy and Schwarz
        return None
    return cast(Tensor, _SmallBatch.apply(z, labels, temperature, s))


class _SmallBatch(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, z: Tensor, labels: Tensor, temperature: float, s: Tensor) -> Tensor:
        log_p = s.fill_diagonal_(-torch.inf).log_softmax(dim=1).fill_diagonal_(0)
        q = (labels[:, None] == labels).to(z.dtype).fill_diagonal_(0)
        count = q.sum(dim=1)
        ctx.save_for_backward(z, labels, log_p, q, count)
        ctx.temperature = temperature
        losses: Tensor = torch.linalg.vecdot(q, log_p).div_(count.clamp(min=1).neg_())
        return losses

    @staticmethod
    def backward(ctx: Any, g: Tensor) -> tuple[Tensor | None, None, None, None]:
        z, labels, log_p, q, count = ctx.saved_tensors
        if torch.is_grad_enabled():
            return gradient_of_label_pairs(z, labels, ctx.temperature, g), None, None, None
        share = (g / count).masked_fill_(count == 0, 0)[:, None]
        w = log_p.exp().mul_(count[:, None]).sub_(q).mul_(share).fill_diagonal_(0)
        # s is symmetric: each row is an anchor, and one of the others of every other anchor.
        return torch.mm(w + w.T, z).div_(ctx.temperature), None, None, None
