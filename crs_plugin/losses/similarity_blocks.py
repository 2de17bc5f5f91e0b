"""Log-sum-exp over all similarities of a batch, and its gradient, block by block.

The similarity of an embedding z_i with another is s_ij = z_i·z_j / τ; that with itself is left out.
The matrix of all similarities is never held: a block at a time is computed and used. For the
gradient the first blocks are kept, as far as a fixed budget goes, and the others computed again, so
that memory grows with N instead of N². Where all embeddings are this process's own, s is symmetric,
and only blocks on and above the diagonal are computed.
"""

from dataclasses import dataclass
from functools import cached_property

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
        rows = self.embeddings[self.own]
        kept, scratch = self._memory(keep)
        result = rows.new_full((len(rows),), 0 if self.safe else -torch.inf)
        scaled = self.embeddings / self.temperature
        for block in self.blocks:
            s = self._compute(block, rows, scaled, block.place(kept, scratch))
            for part, among in ((block.rows, s), *block.mirrored(s)):
                if self.safe:
                    result[part].add_(among.sum(dim=1))
                else:
                    result[part] = torch.logaddexp(result[part], among.logsumexp(dim=1))
        return (result.log_() if self.safe else result), kept

    def gradient(self, lse: Tensor, weights: Tensor, kept: Tensor) -> Tensor:
        """Return the gradient [n, D] of Σ_i g_i·lse_i, over all N, with respect to the rows.

        It is Σ_j W_ij z_j / τ with the symmetric W_ij = g_i exp(s_ij - lse_i) + g_j exp(s_ij -
        lse_j): each row is an anchor, and one of the others of every other anchor.

        Args:
            lse: [N], the log-sum-exp of all embeddings.
            weights: [N], their g.
            kept: From ``logsumexp``; stays as it is.
        """
        rows = self.embeddings[self.own]
        all_kept = all(block.end <= len(kept) for block in self.blocks)
        scratch = kept if all_kept else self._memory(keep=False)[1]
        result = torch.zeros_like(rows)
        scaled = self.embeddings / self.temperature
        scaled_rows = scaled[self.own]
        shares = weights / lse.exp() if self.safe else weights
        own_shares, own_lse = shares[self.own], lse[self.own]
        for block in self.blocks:
            s = block.place(kept, scratch)
            if block.end > len(kept):
                self._compute(block, rows, scaled, s)
            of_rows, of_columns = own_shares[block.rows, None], shares[block.columns]
            if self.safe:
                w = torch.add(of_rows, of_columns).mul_(s)
            else:
                w = (s - own_lse[block.rows, None]).exp_().mul_(of_rows)
                w += (s - lse[block.columns]).exp_().mul_(of_columns)
            result[block.rows].addmm_(w, scaled[block.columns])
            for part, among in block.mirrored(w):
                result[part].addmm_(among, scaled_rows[block.rows])
        return result

    def _compute(self, block: "_Block", rows: Tensor, scaled: Tensor, into: Tensor) -> Tensor:
        """Compute exp(s) of a block where that is safe, else s; of z_i with itself 0, or -inf."""
        torch.mm(rows[block.rows], scaled[block.columns].T, out=into)
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

    @cached_property
    def blocks(self) -> "tuple[_Block, ...]":
        """The blocks that together have all similarities, or half of them if s is symmetric."""
        total = len(self.embeddings)
        first, last = self.own.start, self.own.stop
        symmetric = last - first == total
        on_cpu = self.embeddings.device.type == "cpu"
        height, width = _SHAPE_ON_CPU if on_cpu else _SHAPE_ELSEWHERE
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
        flat = kept[self.end - size : self.end] if self.end <= len(kept) else scratch[:size]
        return flat.view(self.rows.stop - self.rows.start, -1)

    def mirrored(self, matrix: Tensor) -> list[tuple[slice, Tensor]]:
        """Return the rows that ``mirror`` stands for with their part of the block, if there are."""
        if self.mirror is None:
            return []
        return [(self.mirror, matrix[:, self.mirror.start - self.columns.start :].T)]
