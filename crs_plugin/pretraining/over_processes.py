"""Figures of a batch that is spread over processes; with one process they are what they were."""

import torch
import torch.distributed as dist

from crs_plugin.losses.gathered_batch import is_spread


def mean_over_processes(value: torch.Tensor) -> torch.Tensor:
    """Return the mean of a tensor over all processes, which must all call it; no gradient.

    Args:
        value: Floating, of the same shape on all of them.
    """
    if not is_spread():
        return value
    total = value.detach().clone()
    dist.all_reduce(total)
    return total / dist.get_world_size()


def rows_of_all_processes(rows: torch.Tensor) -> torch.Tensor:
    """Return the rows of all processes, in the order of their ranks; no gradient.

    Args:
        rows: ``[N, ...]``, of the same shape on all of them, which must all call it.

    Returns:
        ``[processes·N, ...]``.
    """
    if not is_spread():
        return rows
    own = rows.detach().contiguous()
    parts = [torch.empty_like(own) for _ in range(dist.get_world_size())]
    dist.all_gather(parts, own)
    return torch.cat(parts)
