"""The loss of every anchor of a batch, over all pairs that the labels make.

For embeddings z with similarities s_ij = z_i·z_j / τ, the others A(i) = {j ≠ i} and the positives
P(i) = {p ∈ A(i): y_p = y_i}::

    l_i = log Σ_{a ∈ A(i)} exp(s_ia) - 1/|P(i)| · Σ_{p ∈ P(i)} s_ip

The second sum is z_i·(S - z_i) / τ with S the sum of all embeddings of class y_i. Only the first
needs all products; they are made block by block, or at once for a small batch.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, cast

import torch
from torch import Tensor

from crs_plugin.losses.gathered_batch import GatheredBatch
from crs_plugin.losses.pair_losses import gradient_of_label_pairs
from crs_plugin.losses.similarity_blocks import LARGEST_SAFE, Similarities, part_of
from crs_plugin.losses.small_batch import MOST_ROWS, small_batch_losses


def anchor_losses(
    z: Tensor,
    labels: Tensor,
    temperature: float,
    gathered: GatheredBatch | None = None,
    classes: int | None = None,
) -> Tensor:
    """Return l_i [n] of every row; 0 where it has no positive.

    Memory grows with N. It can be differentiated twice in one process, the second time with
    memory that grows with N².

    Args:
        z: [n, D] float32 or float64.
        labels: [n] int64 ids.
        temperature: τ.
        gathered: The rows of all processes, if the batch is spread; then the gradient is that of
            the losses of all of them, and all processes must make the backward pass.
        classes: More than the largest of ``labels``, where none is negative; found if not given.

    Raises:
        ValueError: If an embedding is not finite.
    """
    if torch.compiler.is_compiling():
        # Not as a decorator: it would cost a small batch a tenth of its time.
        outside_the_graph = torch.compiler.disable(_anchor_losses)  # type: ignore[no-untyped-call]
        return cast(Tensor, outside_the_graph(z, labels, temperature, gathered, classes))
    return _anchor_losses(z, labels, temperature, gathered, classes)


def _anchor_losses(
    z: Tensor,
    labels: Tensor,
    temperature: float,
    gathered: GatheredBatch | None,
    classes: int | None,
) -> Tensor:
    if gathered is None:
        columns, ids, own = z.detach(), labels, slice(0, z.shape[0])
    else:
        columns, ids, classes = gathered.embeddings, gathered.labels, None
        own = slice(gathered.first, gathered.first + z.shape[0])
    if columns.shape[0] < 2:
        return (z * 0).sum(dim=1)
    if gathered is None and z.shape[0] <= MOST_ROWS and not z.is_meta:
        losses = small_batch_losses(z, labels, temperature)
        if losses is not None:
            return losses
    similarities = _similarities(columns, own, temperature, _largest_product(columns))
    if classes is None:
        classes = _count(ids)
    groups, classes = (
        (ids, classes) if 0 < classes <= ids.shape[0] else (_numbered(ids), ids.shape[0])
    )
    gather = None if gathered is None else gathered.gather
    batch = _Batch(columns, groups, classes, own, temperature, similarities, gather)
    return cast(Tensor, _AnchorLosses.apply(z, batch))


@dataclass(frozen=True)
class _Batch:
    """All rows of a batch, some of which are this process's own.

    Attributes:
        embeddings: [N, D], without a graph.
        groups: [N], equal for rows of one class, from 0 up.
        classes: More than the largest of them, at most N.
        own: Which rows are this process's n.
        temperature: τ.
        similarities: Those of the own rows with all.
        gather: Makes [N, ...] of this process's [n, ...]; None where all rows are its own.
    """

    embeddings: Tensor
    groups: Tensor
    classes: int
    own: slice
    temperature: float
    similarities: Similarities
    gather: Callable[[Tensor], Tensor] | None

    def class_sums(self, values: Tensor) -> Tensor:
        """Return [classes, ...], the sums of the values [N, ...] over the rows of each class."""
        sums = values.new_zeros(self.classes, *values.shape[1:])
        return sums.index_add_(0, self.groups, values)

    def of_own(self, values: Tensor) -> Tensor:
        """Return [n, ...], for each own row the value of its class."""
        return values.index_select(0, part_of(self.groups, self.own))


class _AnchorLosses(torch.autograd.Function):
    """Forward and backward pass in blocks."""

    @staticmethod
    def forward(ctx: Any, z: Tensor, batch: _Batch) -> Tensor:
        lse, kept = batch.similarities.logsumexp(keep=ctx.needs_input_grad[0])
        positives = batch.class_sums(z.new_ones(batch.groups.shape[0])) - 1
        # What a positive counts: 1 / (τ·|P(i)|), and 0 where there is none.
        shares = (positives > 0) / (batch.temperature * positives.clamp(min=1))
        shares = shares.index_select(0, batch.groups)
        paired = shares > 0
        others = batch.of_own(batch.class_sums(batch.embeddings)) - z
        ctx.save_for_backward(z, lse, kept, shares, paired, others)
        ctx.batch = batch
        pull = torch.linalg.vecdot(z, others) * part_of(shares, batch.own)
        losses: Tensor = (lse - pull) * part_of(paired, batch.own)
        return losses.to(z.dtype)

    @staticmethod
    def backward(ctx: Any, g: Tensor) -> tuple[Tensor | None, None]:
        z, lse, kept, shares, paired, others = ctx.saved_tensors
        batch: _Batch = ctx.batch
        if torch.is_grad_enabled():
            return _differentiable_gradient(z, g, batch), None
        if batch.gather is not None:
            lse, g = batch.gather(torch.stack([lse, g], dim=1)).unbind(dim=1)
        g = g * paired
        # Each row is an anchor of its positives, and a positive of its positives.
        pulls = (g * shares).neg_()[:, None]
        gradient = batch.of_own(batch.class_sums(pulls * batch.embeddings))
        gradient = gradient.addcmul_(part_of(pulls, batch.own), others - z).to(lse.dtype)
        batch.similarities.add_gradient(gradient, lse, g, kept)
        return gradient.to(z.dtype), None


def _differentiable_gradient(z: Tensor, g: Tensor, batch: _Batch) -> Tensor:
    """Return the gradient of Σ_i g_i·l_i for z as a function of z and g, with all pairs at once."""
    if batch.gather is not None:
        raise RuntimeError(
            "crs_cont: the loss of a batch that is spread over processes can be differentiated once"
            " only; give gather=False, or train in one process"
        )
    return gradient_of_label_pairs(z, batch.groups, batch.temperature, g)


def _largest_product(embeddings: Tensor) -> float:
    """Return a bound of all |z_i·z_j|, by Cauchy and Schwarz.

    Raises:
        ValueError: If an embedding is not finite, or its square is not.
    """
    if embeddings.is_meta:
        return 0.0
    norms = torch.linalg.vector_norm(embeddings, dim=1)
    largest = float(norms.amax()) ** 2
    if not largest <= torch.finfo(embeddings.dtype).max:
        row = int((~norms.square().isfinite()).nonzero()[0])
        raise ValueError(f"embeddings must be finite and their squares too; row {row} is not")
    return largest


def _count(labels: Tensor) -> int:
    """Return the largest label + 1, or 0 if some are negative."""
    if labels.is_meta:
        return labels.shape[0]
    lowest, highest = torch.stack(labels.aminmax()).tolist()
    return int(highest) + 1 if lowest >= 0 else 0


def _similarities(
    embeddings: Tensor, own: slice, temperature: float, largest: float
) -> Similarities:
    """Return the similarities of the own rows with all.

    Large ones are computed in float64, if the device can: float32 rounds a similarity of s by some
    s·10⁻⁷, and its exponential is wrong by that share.
    """
    safe = largest / temperature <= LARGEST_SAFE
    widen = not safe and embeddings.device.type != "mps"
    return Similarities(embeddings.double() if widen else embeddings, own, temperature, safe)


def _numbered(labels: Tensor) -> Tensor:
    """Return [N] numbers of the classes, from 0 up; other than ``unique``, without waiting."""
    ordered, order = labels.sort()
    numbers = torch.zeros_like(labels)
    numbers[1:] = (ordered[1:] != ordered[:-1]).cumsum(0)
    return torch.empty_like(labels).scatter_(0, order, numbers)
