"""The pictures of the synthetic faces, drawn when they are asked for."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from hashlib import blake2b
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from crs_plugin.data.datasets.synthetic_faces.renderer import VERSION, Scenes, batch_size, render

if TYPE_CHECKING:
    import torch

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Sheet:
    """All pictures of one split.

    Attributes:
        scenes: What the N pictures show.
        key: Name that says everything the scenes depend on.
    """

    scenes: Scenes
    key: str

    def draw(
        self, rows: NDArray[np.int64], size: int, report: Callable[[int], None]
    ) -> NDArray[np.uint8]:
        """Draw some pictures ``[N, 3, size, size]``; ``report`` hears how many more are done."""
        pictures = np.empty((len(rows), 3, size, size), np.uint8)
        step = batch_size(size)
        for start in range(0, len(rows), step):
            batch = rows[start : start + step]
            pictures[start : start + step] = render(self.scenes.take(batch), size)
            report(len(batch))
        return pictures


@dataclass(frozen=True)
class SyntheticImages:
    """Some pictures of some sheets, in any order: ``Images`` that can also be read in bulk.

    Attributes:
        sheets: The splits.
        sheet: ``[N]`` which sheet each picture is from.
        row: ``[N]`` its number in that sheet.
        size: Side in pixels that single pictures are read at.
    """

    sheets: tuple[Sheet, ...]
    sheet: NDArray[np.int8]
    row: NDArray[np.int64]
    size: int

    def __len__(self) -> int:
        return len(self.row)

    def read(self, index: int) -> "torch.Tensor":
        """Return a picture as uint8 ``[3, size, size]``."""
        return self.take(np.array([index])).read_all(self.size)[0]

    def read_all(self, size: int, progress: Progress | None = None) -> "torch.Tensor":
        """Return all pictures as uint8 ``[N, 3, size, size]``, drawn at that size.

        Args:
            size: Side in pixels.
            progress: Hears how many pictures are done, and of how many.
        """
        import torch

        done = 0

        def report(count: int) -> None:
            nonlocal done
            done += count
            if progress is not None:
                progress(done, len(self))

        pictures = np.empty((len(self), 3, size, size), np.uint8)
        for number in np.unique(self.sheet):
            places = np.flatnonzero(self.sheet == number)
            pictures[places] = self.sheets[number].draw(self.row[places], size, report)
        return torch.from_numpy(pictures)

    def fingerprints(self) -> NDArray[np.uint64]:
        """Return a number for each picture ``[N]``; equal ones are equal pictures at any size."""
        sheets = [f"drawn {VERSION} {sheet.key}" for sheet in self.sheets]
        texts = (f"{sheets[n]} {row}" for n, row in zip(self.sheet, self.row, strict=True))
        digests = (blake2b(text.encode(), digest_size=8).digest() for text in texts)
        return np.fromiter((int.from_bytes(d, "little") for d in digests), np.uint64, len(self))

    def name(self, index: int) -> str:
        """Return ``split sheet/number``."""
        return f"{self.sheets[int(self.sheet[index])].key}/{int(self.row[index])}"

    def take(self, indices: NDArray[np.int64]) -> "SyntheticImages":
        """Return only the pictures of these indices, in this order; nothing is drawn."""
        return replace(self, sheet=self.sheet[indices], row=self.row[indices])
