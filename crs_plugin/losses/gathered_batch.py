"""A batch whose rows are spread over the processes of a distributed run.

The gradient needs no communication of embeddings: each process has all rows of the others, and gets
the gradient of all anchors with respect to its own rows from the others' weights alone.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import torch
import torch.distributed as dist
from torch import Tensor

_DTYPES = (torch.float32, torch.float64)


@dataclass(frozen=True)
class GatheredBatch:
    """The rows of all processes, in the order of their ranks.

    Attributes:
        embeddings: [N, D].
        labels: [N] int64.
        sizes: Rows of each process.
    """

    embeddings: Tensor
    labels: Tensor
    sizes: tuple[int, ...]

    @property
    def first(self) -> int:
        """Index of this process's first row."""
        return sum(self.sizes[: dist.get_rank()])

    def gather(self, values: Tensor) -> Tensor:
        """Return [N, ...] of this process's [n, ...]; all processes must call it."""
        return _gather(values, self.sizes)

    def part(self, kept: Tensor) -> "GatheredBatch":
        """Return the batch of the rows that are kept, [N] bool, the same on all processes."""
        sizes = tuple(int(own.sum()) for own in torch.split(kept, list(self.sizes)))
        return GatheredBatch(self.embeddings[kept], self.labels[kept], sizes)


def is_spread() -> bool:
    """Return whether there are other processes to gather from."""
    return dist.is_available() and dist.is_initialized() and dist.get_world_size() > 1


def gather_batch(embeddings: Tensor, labels: Tensor) -> GatheredBatch:
    """Gather the batch of all processes, which must all call it; carries no gradient.

    Args:
        embeddings: [n, D] float32 or float64; n may differ between the processes.
        labels: [n] int64.

    Raises:
        ValueError: On every process, if the batches differ in width or dtype, if some process
            gave up (``tell_others``), or if all processes hold the same rows, which means that they
            were gathered before.
    """
    headers = _headers(embeddings, labels)
    given_up = [rank for rank, header in enumerate(headers) if not header[0]]
    if given_up:
        raise ValueError(f"the batch of process {given_up[0]} cannot be used; its error says why")
    kinds = {(width, dtype) for _, _, width, dtype, _ in headers}
    if len(kinds) > 1:
        listed = ", ".join(f"{width} {_DTYPES[dtype]}" for _, _, width, dtype, _ in headers)
        raise ValueError(f"embeddings must have one width and dtype on all processes, not {listed}")
    sizes = tuple(size for _, size, *_ in headers)
    contents = {(size, content) for _, size, *_, content in headers}
    if len(contents) == 1 and sizes[0] > 0 and not _are_alike(embeddings):
        raise ValueError(
            f"all {len(sizes)} processes gave the same {sizes[0]} embeddings: were they gathered"
            " before, as pytorch-metric-learning's DistributedLossWrapper does? Then give"
            " gather=False; otherwise every process must have images of its own"
        )
    return GatheredBatch(_gather(embeddings, sizes), _gather(labels, sizes), sizes)


@contextmanager
def tell_others(spread: bool, device: torch.device) -> Iterator[None]:
    """Let the other processes' ``gather_batch`` raise, instead of waiting, if the block raises.

    Args:
        spread: Whether they will gather.
        device: Where the embeddings are.
    """
    try:
        yield
    except (TypeError, ValueError):
        if spread:
            _exchange(torch.zeros(5, dtype=torch.int64, device=device))
        raise


def sum_over_processes(value: Tensor) -> Tensor:
    """Return the sum of a scalar over all processes.

    Its gradient is multiplied by their number, since data-parallel training divides by it.
    """
    total = value.detach().clone()
    dist.all_reduce(total)
    share = value * dist.get_world_size()
    return share + (total - share.detach())


def _are_alike(rows: Tensor) -> bool:
    """Return whether all rows are the same, as a collapsed network makes them on every process."""
    return bool((rows == rows[:1]).all())


def _headers(embeddings: Tensor, labels: Tensor) -> list[list[int]]:
    """Return [usable, rows, width, dtype, contents in whatever order] of each process."""
    integers = torch.int32 if embeddings.dtype is torch.float32 else torch.int64
    contents = embeddings.contiguous().view(integers).sum() + labels.sum()
    shape = [1, *embeddings.shape, _DTYPES.index(embeddings.dtype)]
    known = torch.tensor(shape, dtype=torch.int64, device=embeddings.device)
    return _exchange(torch.cat([known, contents[None]]))


def _exchange(header: Tensor) -> list[list[int]]:
    headers = [torch.empty_like(header) for _ in range(dist.get_world_size())]
    dist.all_gather(headers, header)
    return torch.stack(headers).tolist()


def _gather(values: Tensor, sizes: tuple[int, ...]) -> Tensor:
    """Gather [n, ...] of each process to [N, ...]; shorter ones are padded on the way."""
    padded = values.new_zeros((max(sizes), *values.shape[1:]))
    padded[: len(values)] = values
    parts = [torch.empty_like(padded) for _ in sizes]
    dist.all_gather(parts, padded)
    return torch.cat([part[:size] for part, size in zip(parts, sizes, strict=True)])
