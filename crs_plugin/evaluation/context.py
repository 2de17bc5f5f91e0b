"""What every evaluation gets: the encoders, the data, and features that are computed only once."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, Protocol, TypeVar

import numpy as np
import torch
from numpy.typing import NDArray

from crs_plugin.data.bad_images import REASON, BadImage, listed
from crs_plugin.data.dataset import DataError, FaceDataset
from crs_plugin.data.decoded_images import DecodedImages, ImageReader
from crs_plugin.data.decoding import decode
from crs_plugin.errors import InputError
from crs_plugin.evaluation.features.stored_features import StoredFeatures
from crs_plugin.evaluation.features.traced_images import TracedImages, traced, traced_images_of
from crs_plugin.evaluation.result import TRAINED
from crs_plugin.expressions import CoarseTable

Progress = Callable[[str, int, int], None]
"""Is told what is being done, how much of it is done, and of how much."""

Source = Callable[[], FaceDataset]
"""Opens a data set."""

Made = TypeVar("Made")

_CHUNK = 2048
"""Images that are decoded before all encoders see them."""


class Embedder(Protocol):
    """Anything that turns images into features, such as ``crs_plugin.Encoder``."""

    def embed(self, images: torch.Tensor) -> torch.Tensor:
        """Return features ``[N, F]`` float32 of images uint8 ``[N, C, H, W]``."""


def no_progress(what: str, done: int, total: int) -> None:
    """Tell nobody."""


@dataclass(frozen=True)
class _Opened:
    """A data set that was opened, with the features of its images as far as they are known.

    Attributes:
        source: What opened it.
        whole: The N images as the source gave them.
        dataset: The same, traced, for evaluations.
        known: Of which images ``features`` holds a row, bool ``[N]``; written to.
        features: Encoder → features float32 ``[N, F]``, zeros where they are not known; written to.
        for_features: Whether features of its images will be asked for.
        decoded: The images at one size, once they were read beforehand.
    """

    source: Source
    whole: FaceDataset
    dataset: FaceDataset
    known: NDArray[np.bool_]
    features: dict[str, NDArray[np.float32]] = field(default_factory=dict)
    for_features: bool = False
    decoded: DecodedImages | None = None

    @classmethod
    def of(cls, source: Source, whole: FaceDataset) -> "_Opened":
        return cls(source, whole, traced(whole), np.zeros(len(whole), dtype=np.bool_))

    def without(self, bad: Mapping[int, BadImage]) -> "_Opened":
        good = np.setdiff1d(np.arange(len(self.whole)), list(bad))
        skipped = {**self.whole.skipped, REASON: len(bad)}
        left = _Opened.of(self.source, replace(self.whole.take(good), skipped=skipped))
        decoded = self.decoded.take(good) if self.decoded else None
        return replace(left, for_features=self.for_features, decoded=decoded)


@dataclass(frozen=True)
class _Made:
    """What a function made of open data sets, and of what exactly, for ``once``."""

    make: Callable[..., Any]
    datasets: tuple[FaceDataset | None, ...]
    options: Mapping[str, object]
    result: Any

    def is_of(
        self,
        make: Callable[..., Any],
        datasets: tuple[FaceDataset | None, ...],
        options: Mapping[str, object],
    ) -> bool:
        return (
            self.make == make
            and self.options == options
            and len(self.datasets) == len(datasets)
            and all(one is other for one, other in zip(self.datasets, datasets, strict=True))
        )


@dataclass(frozen=True)
class EvaluationContext:
    """Encoders and data of one run, shared by its evaluations.

    A context without encoders opens data and so serves ``check`` before training;
    ``with_encoders`` turns it into one that also gives features, keeping what is open.

    Attributes:
        default_data: Opens the data of the recipe, used where an evaluation names none.
        input_size: Side in pixels to which images are decoded.
        seed: Of splits, resamples and whatever else an evaluation draws.
        encoders: The encoder to evaluate as ``trained``, first; then the references by name.
        progress: Is told of long work.
        coarse_table: The coarse classes of the recipe.
        shown: Names of the expressions that the recipe's pre-training shows; None where there is no
            recipe that tells.
    """

    default_data: Source
    input_size: int
    seed: int = 0
    encoders: Mapping[str, Embedder] = field(default_factory=dict)
    progress: Progress = no_progress
    coarse_table: CoarseTable = field(default_factory=CoarseTable.default)
    shown: frozenset[str] | None = None
    _opened: list[_Opened] = field(default_factory=list, repr=False)
    _made: list[_Made] = field(default_factory=list, repr=False)

    def with_encoders(
        self,
        trained: Embedder,
        references: Mapping[str, Embedder],
        progress: Progress | None = None,
    ) -> "EvaluationContext":
        """Return a context of the same open data for an encoder and its references.

        Args:
            trained: The encoder to evaluate.
            references: Name → encoder to compare it with.
            progress: Is told of long work; by default as before.
        """
        fresh = [replace(o, known=np.zeros_like(o.known), features={}) for o in self._opened]
        encoders = {TRAINED: trained, **references}
        return replace(self, encoders=encoders, progress=progress or self.progress, _opened=fresh)

    def apart(self) -> "EvaluationContext":
        """Return a context of the same open data; what is opened there is not opened here."""
        return replace(self, _opened=[*self._opened])

    @property
    def datasets(self) -> tuple[FaceDataset, ...]:
        """All data sets that were opened so far."""
        return tuple(opened.dataset for opened in self._opened)

    @property
    def sources(self) -> tuple[Source, ...]:
        """What opened them."""
        return tuple(opened.source for opened in self._opened)

    def open(self, source: Source | None, *, for_features: bool = True) -> FaceDataset:
        """Return the data set of a source, opened on first use; None is the recipe's data.

        Sources that are equal, or ``functools.partial`` objects with equal parts, are one.

        Args:
            source: Opens the data set.
            for_features: Whether features of its images will be asked for; then ``read_images``
                decodes them beforehand.
        """
        source = source or self.default_data
        for index, opened in enumerate(self._opened):
            if _same(opened.source, source):
                self._opened[index] = replace(
                    opened, for_features=opened.for_features or for_features
                )
                return opened.dataset
        opened = replace(_Opened.of(source, source()), for_features=for_features)
        self._opened.append(opened)
        return opened.dataset

    def once(
        self, make: Callable[..., Made], *datasets: FaceDataset | None, **options: object
    ) -> Made:
        """Return ``make(*datasets, **options)``, which is made on first use and then remembered.

        Evaluations ask for the same division of the same data again and again: when they are
        checked, when leaks are looked for, and when they are run.

        Args:
            make: A function without side effects. What it returns is shared, so it is not to be
                changed.
            datasets: Data sets that came from ``open``; others are never the same ones again.
            options: Anything that can be compared.
        """
        for made in self._made:
            if made.is_of(make, datasets, options):
                result: Made = made.result
                return result
        result = make(*datasets, **options)
        self._made.append(_Made(make, datasets, options, result))
        return result

    def read_images(
        self, reader: ImageReader, *, feature_size: int | None, other_size: int | None, skip: bool
    ) -> tuple[BadImage, ...]:
        """Read the images of all data sets that are open, but for those that are decoded already.

        Args:
            reader: Reads them.
            feature_size: Side in pixels at which images are decoded of which features will be
                asked; None to look only whether they can be read.
            other_size: The same for the other data sets.
            skip: Leave out images that cannot be read, as if the data sets did not have them.

        Returns:
            The images that were left out.

        Raises:
            DataError: If images cannot be read, unless they are left out.
        """
        found: dict[BadImage, None] = {}
        files: list[str] = []
        for index, opened in enumerate(self._opened):
            size = feature_size if opened.for_features else other_size
            if opened.decoded is not None and opened.decoded.shape[-1] == size:
                continue
            if size is None:
                bad, file = reader.unreadable(opened.whole)
            else:
                read = reader.decoded(opened.whole, size)
                bad, file = read.bad, read.bad_file
                opened = replace(opened, decoded=read.images)
            self._opened[index] = opened.without(bad) if bad and skip else opened
            found |= dict.fromkeys(bad.values())
            files += [str(file)] if file else []
        if found and not skip:
            whole = f"\n  all are listed in {', '.join(files)}" if files else ""
            raise DataError(
                f"{len(found):,} images cannot be used; repair or remove them, or leave them out"
                f" with 'on_bad_image: skip':{listed(found)}{whole}"
            )
        return tuple(found)

    def decoded(self, dataset: FaceDataset, size: int) -> DecodedImages | None:
        """Return the images of a data set that came from ``open``, or a part of it.

        Returns:
            None if they were not decoded to that size.
        """
        images = dataset.images
        for opened in self._opened:
            if isinstance(images, TracedImages) and images.whole is opened.whole.images:
                at_hand = opened.decoded is not None and opened.decoded.shape[-1] == size
                return opened.decoded.take(images.rows) if opened.decoded and at_hand else None
        return None

    def features(self, which: str, dataset: FaceDataset) -> NDArray[np.float32]:
        """Return the features ``[N, F]`` of a data set that came from ``open``, or a part of it.

        Each image is decoded once, for all encoders, and each encoder sees it once, however many
        evaluations ask for it.

        Args:
            which: Name of the encoder.
            dataset: The N images.

        Raises:
            InputError: If an encoder gives features that are not finite.
            DataError: If images cannot be read.
        """
        opened, rows = self._traced_back(dataset)
        missing = np.unique(rows[~opened.known[rows]])
        if len(missing):
            self._extract(opened, missing)
        return opened.features[which][rows]

    def pixels(self, dataset: FaceDataset) -> torch.Tensor:
        """Return the images uint8 ``[N, C, S, S]`` that encoders see, of a part of an open set.

        Args:
            dataset: The N images; they are held in memory, so ask for a large set in pieces.

        Raises:
            DataError: If images cannot be read.
        """
        return self._pixels(*self._traced_back(dataset))

    def _traced_back(self, dataset: FaceDataset) -> tuple[_Opened, NDArray[np.int64]]:
        images = traced_images_of(dataset)
        opened = next((o for o in self._opened if o.whole.images is images.whole), None)
        if opened is None:
            raise ValueError(f"data set {dataset.name!r} was not opened by this context")
        return opened, images.rows

    def _extract(self, opened: _Opened, rows: NDArray[np.int64]) -> None:
        dataset = opened.whole
        what = f"features of {len(rows):,} images of {dataset.name}"
        self.progress(what, 0, len(rows))
        for start in range(0, len(rows), _CHUNK):
            chunk = rows[start : start + _CHUNK]
            pixels: torch.Tensor | None = None
            for name, encoder in self.encoders.items():
                if isinstance(encoder, StoredFeatures):
                    found = encoder.rows(dataset, chunk)
                else:
                    pixels = self._pixels(opened, chunk) if pixels is None else pixels
                    found = encoder.embed(pixels)
                features = _finite(found.numpy(), name, dataset.name)
                if name not in opened.features:
                    shape = len(dataset), features.shape[1]
                    opened.features[name] = np.zeros(shape, dtype=np.float32)
                opened.features[name][chunk] = features
            opened.known[chunk] = True
            self.progress(what, start + len(chunk), len(rows))

    def _pixels(self, opened: _Opened, rows: NDArray[np.int64]) -> torch.Tensor:
        if opened.decoded is not None and opened.decoded.shape[-1] == self.input_size:
            return opened.decoded[torch.from_numpy(rows)]
        return decode(opened.whole.take(rows), self.input_size)


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
