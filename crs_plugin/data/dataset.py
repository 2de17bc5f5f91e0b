"""The contract that all data sets share: images that can be read, and labels by name."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from crs_plugin.errors import InputError
from crs_plugin.expressions import ALL_EXPRESSIONS, UNLABELLED

if TYPE_CHECKING:  # so that data sets are listed and opened without waiting for PyTorch
    import torch

SPLITS = ("train", "valid", "test", "all")
"""Splits a record can be in; ``all`` where a set has none. Their order gives the split codes."""


class DataError(InputError):
    """A data set cannot be used as it is; the message names the file or folder and the remedy."""


class Images(Protocol):
    """Images of one data set, read one by one at their own size."""

    def __len__(self) -> int:
        """Return the number of images."""

    def read(self, index: int) -> "torch.Tensor":
        """Return an image as uint8 ``[C, H, W]`` with C = 1 (grey) or 3 (RGB).

        Raises:
            DataError: If the image cannot be read; the message names its file.
        """

    def name(self, index: int) -> str:
        """Return what a person would call the image: its path, or its number in the set."""

    def take(self, indices: NDArray[np.int64]) -> "Images":
        """Return only the images of these indices, in this order."""


@runtime_checkable
class BulkImages(Images, Protocol):
    """Images that can also be read all at once, at any size, which is faster."""

    def read_all(
        self, size: int, progress: Callable[[int, int], None] | None = None
    ) -> "torch.Tensor":
        """Return all images as uint8 ``[N, 1|3, size, size]``.

        Args:
            size: Side in pixels.
            progress: Hears how many images are done, and of how many.
        """


@runtime_checkable
class PartedImages(Protocol):
    """Images that are taken from others, which may be faster to read."""

    def by_part(self) -> Iterator[tuple[Images, NDArray[np.int64]]]:
        """Yield images and their positions ``[K]`` among these."""


@dataclass(frozen=True)
class FaceDataset:
    """Faces with their labels; all columns have one entry per image.

    Attributes:
        name: Name of the set, for people (``ferplus``, ``synthetic_faces (lab)``).
        images: The N images.
        fine: Fine ids ``[N]`` int16, indices into ``ALL_EXPRESSIONS``; ``UNLABELLED`` for none.
        split: Split codes ``[N]`` int8, indices into ``SPLITS``.
        subject: Ids ``[N]`` int32 of the person shown, unique over the set; -1 where unknown.
        skipped: Reason → how many records were left out for it when the set was opened.
        extra: What else a set knows of each image: name → float32 ``[N]`` or ``[N, K]``, with NaN
            where it is unknown.
        labels: What the files call an expression → the expression, None if left out, where these
            are the user's own words; those of a published set stand in its ``About``.
        missing: Paths of image files that the label file names and that are not there, the first
            few of them; they count as left out.
        subject_names: Id of a person → what the files call them, where they are called anything;
            several sets in one have none, as different persons may be called the same.
    """

    name: str
    images: Images
    fine: NDArray[np.int16]
    split: NDArray[np.int8]
    subject: NDArray[np.int32]
    skipped: Mapping[str, int] = field(default_factory=dict)
    extra: Mapping[str, NDArray[np.float32]] = field(default_factory=dict)
    labels: Mapping[str, str | None] = field(default_factory=dict)
    missing: tuple[str, ...] = ()
    subject_names: Mapping[int, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        lengths = {len(self.images), len(self.fine), len(self.split), len(self.subject)}
        lengths |= {len(column) for column in self.extra.values()}
        if len(lengths) != 1:
            raise ValueError(f"data set {self.name!r}: columns differ in length: {sorted(lengths)}")

    def __len__(self) -> int:
        return len(self.fine)

    @property
    def subject_known(self) -> bool:
        """Whether the person is known for every image."""
        return len(self) > 0 and bool((self.subject >= 0).all())

    @property
    def expressions(self) -> tuple[str, ...]:
        """Names of the expressions that occur, in canonical order."""
        present = np.unique(self.fine[self.fine != UNLABELLED])
        return tuple(ALL_EXPRESSIONS[i] for i in present)

    def take(self, indices: NDArray[np.int64]) -> "FaceDataset":
        """Return the records of these indices, in this order."""
        return replace(
            self,
            images=self.images.take(indices),
            fine=self.fine[indices],
            split=self.split[indices],
            subject=self.subject[indices],
            extra={name: column[indices] for name, column in self.extra.items()},
        )

    def in_split(self, *splits: str) -> "FaceDataset":
        """Return the records of some splits; those of a set without splits belong to each."""
        codes = [SPLITS.index(split) for split in (*splits, "all")]
        return self.take(np.flatnonzero(np.isin(self.split, codes)))

    def labelled(self) -> "FaceDataset":
        """Return the records that have a fine label."""
        return self.take(np.flatnonzero(self.fine != UNLABELLED))

    def counts(self) -> dict[str, dict[str, int]]:
        """Return split → expression → number of images, both in canonical order."""
        table: dict[str, dict[str, int]] = {}
        for code, split in enumerate(SPLITS):
            ids = Counter(self.fine[self.split == code].tolist())
            if ids:
                named = {name: ids[i] for i, name in enumerate(ALL_EXPRESSIONS) if ids[i]}
                unlabelled = {"(no label)": ids[UNLABELLED]} if ids[UNLABELLED] else {}
                table[split] = named | unlabelled
        return table


@dataclass(frozen=True)
class JoinedImages:
    """Images of several sets in one row.

    Attributes:
        parts: The images of each set.
        part: Which of ``parts`` an image is in ``[N]``.
        index: Its index there ``[N]``.
    """

    parts: tuple[Images, ...]
    part: NDArray[np.int32]
    index: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.index)

    def read(self, index: int) -> "torch.Tensor":
        """Return an image as uint8 ``[C, H, W]``."""
        return self.parts[int(self.part[index])].read(int(self.index[index]))

    def name(self, index: int) -> str:
        """Return what the image's own set calls it."""
        return self.parts[int(self.part[index])].name(int(self.index[index]))

    def take(self, indices: NDArray[np.int64]) -> "JoinedImages":
        """Return only the images of these indices, in this order."""
        return replace(self, part=self.part[indices], index=self.index[indices])

    def by_part(self) -> Iterator[tuple[Images, NDArray[np.int64]]]:
        """Yield, part by part, the images that are in use and their positions ``[K]`` here."""
        for number, images in enumerate(self.parts):
            positions = np.flatnonzero(self.part == number)
            if len(positions):
                yield images.take(self.index[positions]), positions


def concatenate(datasets: Sequence[FaceDataset]) -> FaceDataset:
    """Join several data sets into one; persons of different sets are different persons.

    An extra column that only some of them have is NaN for the others.

    Raises:
        DataError: If two have an extra column of the same name and another width.
    """
    if len(datasets) == 1:
        return datasets[0]
    offsets = np.cumsum([0, *(int(d.subject.max(initial=-1)) + 1 for d in datasets)])
    skipped: Counter[str] = Counter()
    for dataset in datasets:
        skipped.update({f"{dataset.name}: {why}": n for why, n in dataset.skipped.items()})
    return FaceDataset(
        name=" + ".join(d.name for d in datasets),
        images=JoinedImages(
            tuple(d.images for d in datasets),
            np.repeat(np.arange(len(datasets), dtype=np.int32), [len(d) for d in datasets]),
            np.concatenate([np.arange(len(d)) for d in datasets]),
        ),
        fine=np.concatenate([d.fine for d in datasets]),
        split=np.concatenate([d.split for d in datasets]),
        subject=np.concatenate(
            [
                np.where(d.subject >= 0, d.subject + offset, -1).astype(np.int32)
                for d, offset in zip(datasets, offsets, strict=False)
            ]
        ),
        skipped=dict(skipped),
        extra={
            name: _joined_column(name, datasets)
            for name in dict.fromkeys(name for d in datasets for name in d.extra)
        },
        missing=tuple(path for d in datasets for path in d.missing),
    )


def _joined_column(name: str, datasets: Sequence[FaceDataset]) -> NDArray[np.float32]:
    shapes = {d.name: d.extra[name].shape[1:] for d in datasets if name in d.extra}
    if len(set(shapes.values())) > 1:
        found = ", ".join(f"{list(shape)} in {of}" for of, shape in shapes.items())
        raise DataError(f"the extra column {name!r} is not the same in all data sets: {found}")
    shape = next(iter(shapes.values()))
    unknown = np.float32(np.nan)
    return np.concatenate(
        [d.extra[name] if name in d.extra else np.full((len(d), *shape), unknown) for d in datasets]
    )
