"""Which images of several parts are copies of one another, and which persons are the same."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import torch
from numpy.typing import NDArray

from crs_plugin.data.cache.fingerprints import fingerprints
from crs_plugin.data.dataset import FaceDataset, Images
from crs_plugin.data.leakage.marks import Marks, marks
from crs_plugin.data.leakage.near_copies import NearCopies, near_copies
from crs_plugin.data.leakage.part import Part

Indices = NDArray[np.int64]

_SURELY_NEAR = 0.98
"""Similarity of the same image decoded to two sizes, at least."""


@dataclass(frozen=True)
class Copies:
    """All different images of some parts, and what they have to do with one another.

    Attributes:
        dataset: Number ``[N]`` of the data set that an image is in.
        row: Its row ``[N]`` there.
        miniatures: Grey pictures uint8 ``[N, SIDE, SIDE]``.
        group: Number ``[N]`` that images with the same pixels share.
        near: Pairs of groups that are nearly the same.
        person: Number ``[N]`` of the person shown, which is the same in data sets that share
            images; -1 where unknown.
        places: Of each part, where its images are among these.
    """

    dataset: Indices
    row: Indices
    miniatures: NDArray[np.uint8]
    group: Indices
    near: NearCopies
    person: Indices
    places: tuple[Indices, ...]


def find_copies(parts: Sequence[Part], progress: Callable[[str, int, int], None]) -> Copies:
    """Look at all images of some parts once, and find copies among them.

    Args:
        parts: The parts; images may be in several of them.
        progress: Hears what is done, how much of it, and of how much.

    Raises:
        DataError: If images are streamed and one cannot be read.
    """
    datasets = list({id(part.dataset): part.dataset for part in parts}.values())
    dataset, row, places = _gathered(parts, datasets)
    found, sizes = _marked(parts, places, len(row), progress)
    _, first, group = np.unique(found.digests, return_index=True, return_inverse=True)
    hears = partial(progress, "looking for copies of images")
    near = near_copies(found.miniatures[first], hears)
    sources = _Sources(datasets, dataset, row)
    group, near = _merged(group.astype(np.int64), near, first, sizes, sources)
    person = _persons(sources, group)
    return Copies(dataset, row, found.miniatures, group, near, person, places)


@dataclass(frozen=True)
class _Sources:
    """Where the N different images come from: of each its data set, and its row there."""

    datasets: Sequence[FaceDataset]
    dataset: Indices
    row: Indices

    def read(self, place: int) -> torch.Tensor:
        images: Images = self.datasets[self.dataset[place]].images
        return images.read(int(self.row[place]))

    def print_of(self, place: int) -> int | None:
        images = self.datasets[self.dataset[place]].images.take(self.row[place : place + 1])
        prints = fingerprints(images)
        return None if prints is None else int(prints[0])


def _gathered(
    parts: Sequence[Part], datasets: Sequence[FaceDataset]
) -> tuple[Indices, Indices, tuple[Indices, ...]]:
    """Return data set and row of each different image, and where the images of each part are."""
    numbers = {id(dataset): number for number, dataset in enumerate(datasets)}
    offsets = np.cumsum([0, *(len(dataset) for dataset in datasets)])
    wanted = [part.rows + offsets[numbers[id(part.dataset)]] for part in parts]
    kept = np.unique(np.concatenate(wanted))
    dataset = np.searchsorted(offsets, kept, side="right") - 1
    places = tuple(np.searchsorted(kept, rows) for rows in wanted)
    return dataset, kept - offsets[dataset], places


def _marked(
    parts: Sequence[Part],
    places: Sequence[Indices],
    n: int,
    progress: Callable[[str, int, int], None],
) -> tuple[Marks, Indices]:
    """Return the marks of all images, each looked at in one part, and at which size it was."""
    known = np.zeros(n, np.bool_)
    sizes = np.zeros(n, np.int64)
    found, order = [], []
    for part, where in zip(parts, places, strict=True):
        new = np.flatnonzero(~known[where])
        if len(new):
            hears = partial(progress, f"looking at images of {part.name}")
            found.append(marks(part.images.take(new), hears))
            order.append(where[new])
            known[where[new]] = True
            sizes[where[new]] = part.images.shape[-1]
    back = np.argsort(np.concatenate(order))
    joined = Marks.joined(found)
    return Marks(joined.digests[back], joined.miniatures[back]), sizes


def _merged(
    group: Indices, near: NearCopies, first: Indices, sizes: Indices, sources: _Sources
) -> tuple[Indices, NearCopies]:
    """Join groups that are one image, which two sizes of decoding have hidden."""
    one, other = first[near.first], first[near.second]
    alike = (near.similarity >= _SURELY_NEAR) & ~near.mirrored & (sizes[one] != sizes[other])
    names = np.arange(len(first))
    for pair in np.flatnonzero(alike):
        if _is_same(int(one[pair]), int(other[pair]), sources):
            names[names == names[near.second[pair]]] = names[near.first[pair]]
    left, right = names[near.first], names[near.second]
    apart = left != right
    pairs = NearCopies(left[apart], right[apart], near.similarity[apart], near.mirrored[apart])
    return names[group], pairs


def _is_same(one: int, other: int, sources: _Sources) -> bool:
    prints = sources.print_of(one)
    if prints is not None and prints == sources.print_of(other):
        return True
    left, right = sources.read(one), sources.read(other)
    return left.shape[1:] == right.shape[1:] and bool((left == right).all())


def _persons(sources: _Sources, group: Indices) -> Indices:
    """Number the persons of all data sets; who is on one image in two of them is one person."""
    offsets = np.cumsum(
        [0, *(int(dataset.subject.max(initial=-1)) + 1 for dataset in sources.datasets)]
    )
    person = np.full(len(group), -1)
    for number, dataset in enumerate(sources.datasets):
        here = np.flatnonzero(sources.dataset == number)
        subject = dataset.subject[sources.row[here]].astype(np.int64)
        person[here] = np.where(subject >= 0, subject + offsets[number], -1)
    known = np.flatnonzero(person >= 0)
    known = known[np.lexsort((sources.dataset[known], group[known]))]
    one, other = known[:-1], known[1:]
    shared = (group[one] == group[other]) & (sources.dataset[one] != sources.dataset[other])
    names = _connected(person[one[shared]], person[other[shared]], int(offsets[-1]))
    person[known] = names[person[known]]
    return person


def _connected(first: Indices, second: Indices, n: int) -> Indices:
    """Return for each number below n the least that it is connected with, through any pairs."""
    if len(first) == 0:
        return np.arange(n)
    from scipy.sparse import coo_array  # type: ignore[import-untyped]
    from scipy.sparse.csgraph import connected_components  # type: ignore[import-untyped]

    pairs = coo_array((np.ones(len(first)), (first, second)), (n, n))
    _, component = connected_components(pairs, directed=False)
    least = np.unique(component, return_index=True)[1]
    return np.asarray(least[component], np.int64)
