"""A random order in which images of one shard come near one another."""

from collections.abc import Iterator

import torch
from torch import Tensor
from torch.utils.data import Sampler

WINDOW = 16_384
"""Images among which those of a shard are spread."""


class NearShardsSampler(Sampler[int]):
    """Gives the indices of another sampler in an order that needs few shards at a time.

    The shards come in random order, and the images of each are spread over the ``WINDOW`` images
    that follow its turn, in the order that the other sampler gave them: so a batch mixes some
    ``WINDOW`` images' worth of shards, and a shard that had its turn is not needed again.

    Attributes:
        sampler: The other sampler; its order must be random, without structure.
        shards: [N] int64, the shard that each image is in.
    """

    def __init__(self, sampler: Sampler[int], shards: Tensor) -> None:
        """Wrap a sampler."""
        self.sampler = sampler
        self.shards = shards

    def __iter__(self) -> Iterator[int]:
        order = torch.tensor(list(self.sampler), dtype=torch.int64)
        if len(order) > WINDOW:
            order = order[self._places(self.shards[order]).argsort(stable=True)]
        yield from order.tolist()

    def __len__(self) -> int:
        return len(self.sampler)  # type: ignore[arg-type]

    def _places(self, shards: Tensor) -> Tensor:
        """Return about where in the epoch the images in these shards [M] come: float64 [M]."""
        _, numbers, counts = torch.unique(shards, return_inverse=True, return_counts=True)
        turns = torch.randperm(len(counts))
        begins = torch.empty(len(counts), dtype=torch.float64)
        begins[turns] = (counts[turns].cumsum(0) - counts[turns]).double()
        return begins[numbers] + torch.linspace(0, WINDOW, len(shards), dtype=torch.float64)
