"""Log-sum-exp over all similarities of a batch, and its gradient, block by block.

The similarity of an embedding z_i with another is s_ij = z_i·z_j / τ; that with itself is left out.
The matrix of all similarities is never held: a block at a time is computed and used. For the
gradient the first blocks are kept, as far as a fixed budget goes, and the others computed again, so
that memory grows with N instead of N². Where all embeddings are this process's own, s is symmetric,
and only blocks on and above the diagonal are computed.
"""

from dataclasses import dataclass
from functools import lru_cache

import torch
from torch import Tensor

LARGEST_SAFE = 60.0
"""Similarities up to ± this need no shift before the exponential: in float32 a sum of 10⁹ exp(60)
does not overflow, and exp(-60) is no subnormal number."""

_SHAPE_ON_CPU = (256, 2048)
"""Rows and columns of a block on a CPU: 2 MiB of float32, which stay in the cache."""
_SHAPE_ELSEWHERE = (2048, 8192)
"""On a GPU: much work for each kernel, in 64 MiB."""
_KEPT = 2**23
"""Similarities that are kept for the gradient: 32 MiB of float32, which is all up to N = 3,900."""


@dataclass(frozen=True)
class Similarities:
    """The similarities of n of N embeddings with all of them.

    Attributes:
        embeddings: [N, D] floating, N > 1, without a graph.
        own: Which of them are the n rows; all are columns.
        temperature: τ.
        safe: Whether all similarities are known to lie within ± ``LARGEST_SAFE``.
    """

    embeddings: Tensor
    own: slice
    temperature: float
    safe: bool

    def logsumexp(self, keep: bool) -> tuple[Tensor, Tensor]:
        """Return lse_i = log Σ_{j ≠ i} exp(s_ij), [n], and what is kept for the gradient.

        Args:
            keep: Whether there will be a gradient.
        """
        rows = part_of(self.embeddings, self.own)
        kept, scratch = self._memory(keep)
        result = rows.new_full((rows.shape[0],), 0 if self.safe else -torch.inf)
        for block in self.blocks:
            s = self._compute(block, rows, block.place(kept, scratch))
            for part, among in ((block.rows, s), *block.mirrored(s)):
                if self.safe:
                    part_of(result, part).add_(among.sum(dim=1))
                else:
                    result[part] = torch.logaddexp(result[part], among.logsumexp(dim=1))
        return (result.log_() if self.safe else result), kept

    def add_gradient(self, result: Tensor, lse: Tensor, weights: Tensor, kept: Tensor) -> None:
        """Add the gradient of Σ_i g_i·lse_i, over all N, with respect to the rows.

        It is Σ_j W_ij z_j / τ with the symmetric W_ij = g_i exp(s_ij - lse_i) + g_j exp(s_ij -
        lse_j): each row is an anchor, and one of the others of every other anchor.

        Args:
            result: [n, D], what it is added to.
            lse: [N], the log-sum-exp of all embeddings.
            weights: [N], their g.
            kept: From ``logsumexp``; stays as it is.
        """
        rows = part_of(self.embeddings, self.own)
        all_kept = all(block.end <= kept.shape[0] for block in self.blocks)
        scratch = kept if all_kept else self._memory(keep=False)[1]
        alpha = 1 / self.temperature
        shares = weights / lse.exp() if self.safe else weights
        own_shares, own_lse = part_of(shares, self.own), part_of(lse, self.own)
        for block in self.blocks:
            s = block.place(kept, scratch)
            if block.end > kept.shape[0]:
                self._compute(block, rows, s)
            of_rows = part_of(own_shares, block.rows)[:, None]
            of_columns = part_of(shares, block.columns)
            columns = part_of(self.embeddings, block.columns)
            if self.safe:
                w = torch.add(of_rows, of_columns).mul_(s)
            else:
                w = (s - part_of(own_lse, block.rows)[:, None]).exp_().mul_(of_rows)
                w += (s - part_of(lse, block.columns)).exp_().mul_(of_columns)
            part_of(result, block.rows).addmm_(w, columns, alpha=alpha)
            for part, among in block.mirrored(w):
                result[part].addmm_(among, rows[block.rows], alpha=alpha)

    def _compute(self, block: "_Block", rows: Tensor, into: Tensor) -> Tensor:
        """Compute exp(s) of a block where that is safe, else s; of z_i with itself 0, or -inf."""
        columns = part_of(self.embeddings, block.columns).T
        into.addmm_(part_of(rows, block.rows), columns, beta=0, alpha=1 / self.temperature)
        if self.safe:
            into.exp_()
        if -into.shape[0] < block.diagonal < into.shape[1]:
            into.diagonal(block.diagonal).fill_(0 if self.safe else -torch.inf)
        return into

    def _memory(self, keep: bool) -> tuple[Tensor, Tensor]:
        """Return memory for the blocks that are kept, and for one that is not."""
        kept = max((block.end for block in self.blocks if keep and block.end <= _KEPT), default=0)
        largest = max((block.size for block in self.blocks if block.end > kept), default=0)
        return self.embeddings.new_empty(kept), self.embeddings.new_empty(largest)

    @property
    def blocks(self) -> "tuple[_Block, ...]":
        """The blocks that together have all similarities, or half of them if s is symmetric."""
        shape = _SHAPE_ON_CPU if self.embeddings.device.type == "cpu" else _SHAPE_ELSEWHERE
        return _blocks(self.embeddings.shape[0], self.own.start, self.own.stop, *shape)


@lru_cache(maxsize=4)  # for the batches of a training are of one size, or two
def _blocks(total: int, first: int, last: int, height: int, width: int) -> "tuple[_Block, ...]":
    symmetric = last - first == total
    blocks: list[_Block] = []
    end = 0
    for top in range(0, last - first, height):
        bottom = min(top + height, last - first)
        for left in range(top if symmetric else 0, total, width):
            right = min(left + width, total)
            end += (bottom - top) * (right - left)
            mirror = slice(max(bottom, left), right) if symmetric and right > bottom else None
            blocks.append(
                _Block(slice(top, bottom), slice(left, right), first + top - left, mirror, end)
            )
    return tuple(blocks)


def part_of(values: Tensor, rows: slice) -> Tensor:
    """Return ``values[rows]``; all rows without a view, which small batches would wait for."""
    return values if rows.stop - rows.start == values.shape[0] else values[rows]


@dataclass(frozen=True)
class _Block:
    """A block of similarities.

    Attributes:
        rows: Its rows.
        columns: Its columns.
        diagonal: Which diagonal of the block (counted as ``Tensor.diagonal`` does) has the
            similarities of embeddings with themselves; it may lie outside.
        mirror: The last of its columns, if s is symmetric: those whose similarities with the rows,
            the other way round, are in no block.
        end: Number of similarities in this block and all before it.
    """

    rows: slice
    columns: slice
    diagonal: int
    mirror: slice | None
    end: int

    @property
    def size(self) -> int:
        """Number of similarities in the block."""
        height, width = (part.stop - part.start for part in (self.rows, self.columns))
        return int(height * width)

    def place(self, kept: Tensor, scratch: Tensor) -> Tensor:
        """Return the memory of the block as a matrix: its own, or scratch if it has none."""
        size = self.size
        memory, end = (kept, self.end) if self.end <= kept.shape[0] else (scratch, size)
        return part_of(memory, slice(end - size, end)).view(self.rows.stop - self.rows.start, -1)

    def mirrored(self, matrix: Tensor) -> list[tuple[slice, Tensor]]:
        """Return the rows that ``mirror`` stands for with their part of the block, if there are."""
        if self.mirror is None:
            return []
        return [(self.mirror, matrix[:, self.mirror.start - self.columns.start :].T)]
