"""Images that are read from their files each time they are wanted, by worker processes ahead."""

import signal
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
import torch
from torch.utils.data import DataLoader, Dataset

from crs_plugin.data.dataset import DataError, Images
from crs_plugin.data.decoding import (
    Chunk,
    in_chunks,
    read_chunk,
    read_in_chunks,
    usable_cores,
)
from crs_plugin.errors import InputError


@dataclass(frozen=True)
class StreamedImages:
    """Images that neither the cache nor the memory has room for.

    Attributes:
        images: The N images.
        size: Side in pixels to which they are brought, as in the cache.
        channels: 1 if all are grey, else 3.
    """

    images: Images
    size: int
    channels: int

    def __len__(self) -> int:
        return len(self.images)

    @property
    def shape(self) -> tuple[int, int, int, int]:
        """``[N, 1|3, S, S]``."""
        return len(self.images), self.channels, self.size, self.size

    def __getitem__(self, rows: torch.Tensor) -> torch.Tensor:
        """Return images of indices ``[B]`` as uint8 ``[B, 1|3, S, S]``, read in threads.

        Raises:
            DataError: If one cannot be read.
        """
        pieces = [
            self._pixels(indices, chunk)
            for indices, chunk in read_in_chunks(
                self.images, in_chunks(rows.numpy(), self.size), self.size
            )
        ]
        blank = torch.empty(0, self.channels, self.size, self.size, dtype=torch.uint8)
        return torch.cat([blank, *pieces])

    def batches(self, batches: Iterable[torch.Tensor]) -> Iterator[torch.Tensor]:
        """Yield the images of batches of indices, in order, read ahead in worker processes.

        Nothing here is random, so the batches are those that ``images[indices]`` gives.

        Args:
            batches: Indices ``[B]``; as many as there are, or without end.

        Raises:
            DataError: If one cannot be read.
        """
        loader = DataLoader(
            _Reader(self),
            sampler=batches,
            batch_size=None,
            num_workers=usable_cores(),
            worker_init_fn=_leave_signals_to_the_run,
            generator=torch.Generator(),  # its seed is drawn from here, not from the global one
        )
        for read in loader:
            if isinstance(read, str):
                raise DataError(read)
            yield read

    def _pixels(self, indices: "np.typing.NDArray[np.int64]", chunk: Chunk) -> torch.Tensor:
        if chunk.reasons:
            place, reason = next(iter(chunk.reasons.items()))
            raise DataError(f"{self.images.name(int(indices[place]))}: {reason}")
        assert chunk.pixels is not None
        return chunk.pixels.expand(-1, self.channels, -1, -1)


class _Reader(Dataset[torch.Tensor | str]):
    """Reads one batch in a worker; an error comes back as its message, not as its traceback."""

    def __init__(self, streamed: StreamedImages) -> None:
        self.streamed = streamed

    def __getitem__(self, rows: torch.Tensor) -> torch.Tensor | str:
        streamed, indices = self.streamed, rows.numpy()
        try:
            chunk = read_chunk(streamed.images.take(indices), streamed.size)
            return streamed._pixels(indices, chunk).contiguous()
        except InputError as error:
            return str(error)


def _leave_signals_to_the_run(worker: int) -> None:
    """Let the run finish its step when somebody presses Ctrl-C; it ends its workers itself."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
