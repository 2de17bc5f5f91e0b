"""What every evaluation gets: the encoders, the data, and features that are computed only once."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Protocol

import numpy as np
import torch
from numpy.typing import NDArray

from crs_plugin.data.dataset import FaceDataset
from crs_plugin.data.decoding import check_readable, decode
from crs_plugin.errors import InputError
from crs_plugin.evaluation.traced_images import TracedImages, traced
from crs_plugin.expressions import CoarseTable

Progress = Callable[[str, int, int], None]
"""Is told what is being done, how much of it is done, and of how much."""

Source = Callable[[], FaceDataset]
"""Opens a data set."""

_CHUNK = 2048
"""Images that are decoded before both encoders see them."""


class Embedder(Protocol):
    """Anything that turns images into features, such as ``crs_plugin.Encoder``."""

    def embed(self, images: torch.Tensor) -> torch.Tensor:
        """Return features ``[N, F]`` float32 of images uint8 ``[N, C, H, W]``."""


def no_progress(what: str, done: int, total: int) -> None:
    """Tell nobody."""


@dataclass(frozen=True)
class _Opened:
    """A data set that was opened, with the features of its images as far as they are known."""

    source: Source
    whole: FaceDataset
    dataset: FaceDataset
    known: NDArray[np.bool_]
    features: dict[str, NDArray[np.float32]] = field(default_factory=dict)


@dataclass(frozen=True)
class EvaluationContext:
    """Encoders and data of one run, shared by its evaluations.

    A context without encoders opens data and so serves ``check`` before training;
    ``with_encoders`` turns it into one that also gives features, keeping what is open.

    Attributes:
        default_data: Opens the data of the recipe, used where an evaluation names none.
        input_size: Side in pixels to which images are decoded.
        seed: Of splits, resamples and whatever else an evaluation draws.
        encoders: The encoder to evaluate as ``trained``, and the same architecture with random
            weights as ``random``.
        progress: Is told of long work.
        coarse_table: The coarse classes of the recipe.
    """

    default_data: Source
    input_size: int
    seed: int = 0
    encoders: Mapping[str, Embedder] = field(default_factory=dict)
    progress: Progress = no_progress
    coarse_table: CoarseTable = field(default_factory=CoarseTable.default)
    _opened: list[_Opened] = field(default_factory=list, repr=False)

    def with_encoders(
        self, trained: Embedder, random: Embedder, progress: Progress | None = None
    ) -> "EvaluationContext":
        """Return a context of the same open data for these encoders."""
        fresh = [replace(o, known=np.zeros_like(o.known), features={}) for o in self._opened]
        encoders = {"trained": trained, "random": random}
        return replace(self, encoders=encoders, progress=progress or self.progress, _opened=fresh)

    @property
    def datasets(self) -> tuple[FaceDataset, ...]:
        """All data sets that were opened so far."""
        return tuple(opened.dataset for opened in self._opened)

    def open(self, source: Source | None) -> FaceDataset:
        """Return the data set of a source, opened on first use; None is the recipe's data.

        Sources that are equal, or ``functools.partial`` objects with equal parts, are one.
        """
        source = source or self.default_data
        for opened in self._opened:
            if _same(opened.source, source):
                return opened.dataset
        whole = source()
        opened = _Opened(source, whole, traced(whole), np.zeros(len(whole), dtype=np.bool_))
        self._opened.append(opened)
        return opened.dataset

    def check_images(self, read_before: FaceDataset | None, progress: Progress) -> None:
        """Read the images of all data sets that are open, to find those that cannot be read.

        Args:
            read_before: Images of one of the data sets that need not be read again.
            progress: Is told how far it is.

        Raises:
            DataError: If images cannot be read.
        """
        for opened in self._opened:
            rows = np.arange(len(opened.whole))
            images = read_before.images if read_before else None
            if isinstance(images, TracedImages) and images.whole is opened.whole.images:
                rows = np.setdiff1d(rows, images.rows)
            check_readable(
                opened.whole.take(rows),
                partial(progress, f"looking for images of {opened.whole.name} that cannot be read"),
            )

    def features(self, which: str, dataset: FaceDataset) -> NDArray[np.float32]:
        """Return the features ``[N, F]`` of a data set that came from ``open``, or a part of it.

        Each image is decoded once, for all encoders, and each encoder sees it once, however many
        evaluations ask for it.

        Args:
            which: ``trained`` or ``random``.
            dataset: The N images.

        Raises:
            InputError: If an encoder gives features that are not finite.
            DataError: If images cannot be read.
        """
        images = dataset.images
        whole = images.whole if isinstance(images, TracedImages) else None
        opened = next((o for o in self._opened if o.whole.images is whole), None)
        if opened is None or not isinstance(images, TracedImages):
            raise ValueError(f"data set {dataset.name!r} was not opened by this context")
        missing = np.unique(images.rows[~opened.known[images.rows]])
        if len(missing):
            self._extract(opened, missing)
        return opened.features[which][images.rows]

    def _extract(self, opened: _Opened, rows: NDArray[np.int64]) -> None:
        dataset = opened.whole
        what = f"features of {dataset.name}"
        self.progress(what, 0, len(rows))
        for start in range(0, len(rows), _CHUNK):
            chunk = rows[start : start + _CHUNK]
            pixels = decode(dataset.take(chunk), self.input_size)
            for name, encoder in self.encoders.items():
                features = _finite(encoder.embed(pixels).numpy(), name, dataset.name)
                if name not in opened.features:
                    shape = len(dataset), features.shape[1]
                    opened.features[name] = np.zeros(shape, dtype=np.float32)
                opened.features[name][chunk] = features
            opened.known[chunk] = True
            self.progress(what, start + len(chunk), len(rows))


def _finite(features: NDArray[np.float32], encoder: str, data: str) -> NDArray[np.float32]:
    broken = int((~np.isfinite(features)).any(axis=1).sum())
    if broken:
        raise InputError(
            f"the {encoder} encoder gives features that are not finite for {broken:,} of"
            f" {len(features):,} images of {data}: its weights have diverged; a smaller"
            " 'optimizer.lr' or a longer warm-up may help"
        )
    return features


def _same(one: Source, other: Source) -> bool:
    if isinstance(one, partial) and isinstance(other, partial):
        return (one.func, one.args, one.keywords) == (other.func, other.args, other.keywords)
    return one == other
