"""The pictures of the synthetic faces, drawn when they are asked for."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from crs_plugin.data.datasets.synthetic_faces.cache import (
    cache_folder,
    keep_pictures,
    load_pictures,
)
from crs_plugin.data.datasets.synthetic_faces.renderer import VERSION, Scenes, batch_size, render

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Sheet:
    """All pictures of one split, which are drawn and kept together.

    Attributes:
        scenes: What the N pictures show.
        key: Name that says everything the scenes depend on; the stem of the kept file.
        opened: Kept pictures that were already checked, by size.
    """

    scenes: Scenes
    key: str
    opened: dict[int, NDArray[np.uint8]] = field(default_factory=dict, compare=False, repr=False)

    def kept(self, size: int) -> NDArray[np.uint8] | None:
        """Return all pictures ``[N, 3, size, size]`` if they were drawn before."""
        if size not in self.opened:
            pictures = load_pictures(self._path(size), (len(self.scenes), 3, size, size))
            if pictures is None:
                return None
            self.opened[size] = pictures
        return self.opened[size]

    def draw(
        self, rows: NDArray[np.int64], size: int, report: Callable[[int], None]
    ) -> NDArray[np.uint8]:
        """Draw some pictures; ``report`` hears how many more are done."""
        pictures = np.empty((len(rows), 3, size, size), np.uint8)
        step = batch_size(size)
        for start in range(0, len(rows), step):
            batch = rows[start : start + step]
            pictures[start : start + step] = render(self.scenes.take(batch), size)
            report(len(batch))
        return pictures

    def draw_all(self, size: int, report: Callable[[int], None]) -> NDArray[np.uint8]:
        """Draw all pictures and keep them."""
        pictures = self.draw(np.arange(len(self.scenes)), size, report)
        keep_pictures(self._path(size), pictures)
        return pictures

    def _path(self, size: int) -> Path:
        return cache_folder() / "synthetic_faces" / f"v{VERSION}-{self.key}-{size}px.npy"


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

    def read(self, index: int) -> torch.Tensor:
        """Return a picture as uint8 ``[3, size, size]``."""
        return self.take(np.array([index])).read_all(self.size)[0]

    def read_all(self, size: int, progress: Progress | None = None) -> torch.Tensor:
        """Return all pictures as uint8 ``[N, 3, size, size]``, drawn at that size.

        A sheet of which at least half is wanted is drawn as a whole and kept for the next time.

        Args:
            size: Side in pixels.
            progress: Hears how many pictures are done, and of how many.
        """
        plans = [self._plan(number, size) for number in np.unique(self.sheet)]
        total = sum(plan.work for plan in plans)
        done = 0

        def report(count: int) -> None:
            nonlocal done
            done += count
            if progress is not None:
                progress(done, total)

        pictures = np.empty((len(self), 3, size, size), np.uint8)
        for plan in plans:
            pictures[plan.places] = plan.carry_out(report)
        return torch.from_numpy(pictures)

    def _plan(self, number: int, size: int) -> "_Plan":
        places = np.flatnonzero(self.sheet == number)
        return _Plan(self.sheets[number], places, self.row[places], size)

    def name(self, index: int) -> str:
        """Return ``split sheet/number``."""
        return f"{self.sheets[int(self.sheet[index])].key}/{int(self.row[index])}"

    def take(self, indices: NDArray[np.int64]) -> "SyntheticImages":
        """Return only the pictures of these indices, in this order; nothing is drawn."""
        return replace(self, sheet=self.sheet[indices], row=self.row[indices])


@dataclass(frozen=True)
class _Plan:
    """How the wanted pictures of one sheet are come by: kept ones, all of them, or just these."""

    sheet: Sheet
    places: NDArray[np.int64]
    rows: NDArray[np.int64]
    size: int

    @property
    def draws_all(self) -> bool:
        enough = 2 * len(np.unique(self.rows)) >= len(self.sheet.scenes)
        return enough and self.sheet.kept(self.size) is None

    @property
    def work(self) -> int:
        return len(self.sheet.scenes) if self.draws_all else len(self.rows)

    def carry_out(self, report: Callable[[int], None]) -> NDArray[np.uint8]:
        kept = self.sheet.kept(self.size)
        if kept is not None:
            report(len(self.rows))
            return kept[self.rows]
        if self.draws_all:
            return self.sheet.draw_all(self.size, report)[self.rows]
        return self.sheet.draw(self.rows, self.size, report)
