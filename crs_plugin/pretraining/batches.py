"""The batches of a run, in an order that follows from the seed alone."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import tee

import torch
from pytorch_lightning.utilities.seed import isolate_rng

from crs_plugin.data.decoded_images import DecodedImages
from crs_plugin.data.streaming import StreamedImages
from crs_plugin.errors import InputError
from crs_plugin.pretraining.run_identity import digest
from crs_plugin.pretraining.seeding import seed_order

SamplerFactory = Callable[[torch.Tensor, torch.Tensor], Iterable[int]]
"""Makes the indices of one epoch from the coarse and the fine ids, ``[N]`` each; draws from global
generators."""


@dataclass(frozen=True)
class Batch:
    """Images of one step on one device, not yet augmented.

    Attributes:
        images: uint8 ``[B, 1|3, H, W]``.
        fine: int64 ``[B]``, contiguous ids of the expressions in the data; -1 for none.
        coarse: int64 ``[B]``, coarse ids; -1 for none.
    """

    images: torch.Tensor
    fine: torch.Tensor
    coarse: torch.Tensor

    def to(self, device: torch.device, non_blocking: bool = False) -> "Batch":
        """Return the batch on a device."""
        return Batch(
            self.images.to(device, non_blocking=non_blocking),
            self.fine.to(device, non_blocking=non_blocking),
            self.coarse.to(device, non_blocking=non_blocking),
        )


class RunBatches:
    """All batches of a run, from the step it is at to its end; ``len`` is the batches of an epoch.

    Images that are decoded, in memory or in a mapped file, are copied out by one indexing, which
    needs no worker process; images that are streamed are read ahead by some.

    Args:
        images: uint8 ``[N, 1|3, H, W]``, in memory, in a mapped file or streamed.
        fine: int64 ``[N]``, contiguous ids of the expressions in the data; -1 for none.
        coarse: int64 ``[N]``, coarse ids; -1 for none.
        sampler: Makes the indices of an epoch, or None for all images in random order.
        batch_size: Images in one step over all devices.
        seed: The run's seed.

    Attributes:
        seed: The run's seed.
        steps_made: Says how many steps the run has made; the host sets it.
        rank: Which of the ``ranks`` devices this is; the host sets both.

    Raises:
        ValueError: If images or ids are of another type or shape.
        InputError: If an epoch is smaller than one batch.
    """

    def __init__(
        self,
        images: torch.Tensor | DecodedImages,
        fine: torch.Tensor,
        coarse: torch.Tensor,
        *,
        sampler: SamplerFactory | None,
        batch_size: int,
        seed: int,
    ) -> None:
        _check(images, fine, coarse)
        self.images = images
        self.fine = fine
        self.coarse = coarse
        self.batch_size = batch_size
        self.seed = seed
        self.steps_made: Callable[[], int] = lambda: 0
        self.rank = 0
        self.ranks = 1
        self._sampler = sampler
        drawn = len(self.order(0))
        if drawn < batch_size:
            raise InputError(
                f"training.batch_size is {batch_size}, but an epoch has only {drawn} images"
                f" ({len(images)} in the pre-training data); it can be at most {drawn}"
            )
        self._steps_per_epoch = drawn // batch_size

    def __len__(self) -> int:
        return self._steps_per_epoch

    @property
    def fingerprint(self) -> str:
        """Short digest that tells these images from others."""
        images = self.images
        return images.fingerprint if isinstance(images, DecodedImages) else digest(images)

    def order(self, epoch: int) -> torch.Tensor:
        """Return the indices of an epoch (from 0), int64; they depend on seed and epoch only."""
        with isolate_rng(include_cuda=False):
            seed_order(self.seed, epoch)
            if self._sampler is None:
                return torch.randperm(len(self.images))
            return torch.tensor(list(self._sampler(self.coarse, self.fine)), dtype=torch.int64)

    def images_seen(self, steps: int) -> int:
        """Return how many different images the first steps of the run show, over all devices."""
        seen = torch.zeros(len(self.images), dtype=torch.bool)
        for first in range(0, steps, len(self)):
            steps_of_epoch = min(len(self), steps - first)
            seen[self.order(first // len(self))[: steps_of_epoch * self.batch_size]] = True
            if bool(seen.all()):
                break
        return int(seen.sum())

    def __iter__(self) -> Iterator[Batch]:
        """Yield this device's share of the batches, starting after the steps that are made.

        That is asked when the first batch is wanted, and the batches do not end with an epoch: so
        it does not matter when, or how often, a trainer that restores a checkpoint begins anew.
        """
        step = self.steps_made()
        images = self.images
        here, ahead = tee(self._indices(step))
        if isinstance(images, DecodedImages) and isinstance(images.pixels, StreamedImages):
            pixels = images.pixels.batches(map(images.places, ahead))
        else:
            pixels = (images[indices] for indices in ahead)
        for shown, indices in zip(pixels, here, strict=False):  # neither ends
            yield Batch(shown, self.fine[indices], self.coarse[indices])

    def _indices(self, step: int) -> Iterator[torch.Tensor]:
        """Yield the indices of this device's share of each batch from a step on, without end."""
        epoch = -1
        while True:
            if step // len(self) != epoch:
                epoch = step // len(self)
                order = self.order(epoch)
            first = step % len(self) * self.batch_size
            yield order[first : first + self.batch_size].chunk(self.ranks)[self.rank]
            step += 1


def _check(images: torch.Tensor | DecodedImages, fine: torch.Tensor, coarse: torch.Tensor) -> None:
    if isinstance(images, torch.Tensor) and (images.dtype != torch.uint8 or images.dim() != 4):
        raise ValueError(f"images must be uint8 [N, C, H, W], not {images.dtype} {images.shape}")
    if fine.shape != (len(images),) or coarse.shape != (len(images),):
        raise ValueError(
            f"fine and coarse ids must be [{len(images)}], not {fine.shape}, {coarse.shape}"
        )
