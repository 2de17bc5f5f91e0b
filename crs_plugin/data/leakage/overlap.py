"""What two parts, which are to be kept apart, have in common."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from crs_plugin.data.leakage.copies import Copies, Indices
from crs_plugin.data.leakage.needed_similarity import needed_similarity
from crs_plugin.data.leakage.part import Part


@dataclass(frozen=True)
class Pairs:
    """Images of one part, each beside one of the other part.

    Attributes:
        first: Rows ``[K]`` in the data set of the first part.
        second: Rows ``[K]`` in that of the second.
        exact: bool ``[K]``, whether their pixels are the same.
        similarity: float32 ``[K]``, see ``NearCopies``; 1 for exact ones.
        mirrored: bool ``[K]``, whether left and right are exchanged.
    """

    first: Indices
    second: Indices
    exact: NDArray[np.bool_]
    similarity: NDArray[np.float32]
    mirrored: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.first)

    def take(self, chosen: Indices) -> "Pairs":
        """Return only the pairs of these indices, in this order."""
        return Pairs(*(column[chosen] for column in vars(self).values()))

    def turned(self) -> "Pairs":
        """Return the pairs with the sides exchanged."""
        return replace(self, first=self.second, second=self.first)

    @classmethod
    def joined(cls, parts: "Sequence[Pairs]") -> "Pairs":
        """Return the pairs of all parts."""
        columns = zip(*(vars(part).values() for part in parts), strict=True)
        return cls(*(np.concatenate(column) for column in columns))


@dataclass(frozen=True)
class Overlap:
    """What a part that is tested on shares with another one.

    Attributes:
        first: The other part.
        second: The part that is tested on, or the later split.
        copies: Every image that has a copy on the other side, beside the nearest one there; exact
            ones first.
        persons: An image of each person who is on both sides, beside one of the other side; None
            where persons are not known on both.
        first_copied: Rows of the first part that have a copy in the second.
        first_known: Rows of the first part that show a person of the second.
        exact: Images of the second part that are in the first one, pixel by pixel.
        near: Other images of the second part of which the first has a near copy.
        strangers: Whether the second part is to hold no person of the first.
    """

    first: Part
    second: Part
    copies: Pairs
    persons: Pairs | None
    first_copied: Indices
    first_known: Indices
    exact: int
    near: int
    strangers: bool = True

    @property
    def subjects(self) -> int | None:
        """Number of persons who are on both sides, or None where they are not known."""
        return None if self.persons is None else len(self.persons)

    @property
    def is_leak(self) -> bool:
        """Whether there is anything on both sides that is not to be."""
        return len(self.copies) > 0 or bool(self.strangers and self.subjects)

    @property
    def first_leaking(self) -> Indices:
        """Rows of the first part without which nothing would leak, ascending."""
        known = self.first_known if self.strangers else self.first_known[:0]
        return np.union1d(self.first_copied, known)


def overlap(
    parts: Sequence[Part], copies: Copies, first: int, second: int, *, strangers: bool = True
) -> Overlap:
    """Compare two of the parts among which copies were looked for.

    Args:
        parts: The parts.
        copies: What was found.
        first: Number of one part.
        second: Number of the part that is tested on.
        strangers: Whether a person on both sides is a leak.
    """
    one, other = copies.places[first], copies.places[second]
    groups = _group_pairs(copies, one, other)
    of_second = _nearest(copies.group, groups, one, other)
    of_first = _nearest(copies.group, groups.turned(), other, one).turned()
    alone = np.flatnonzero(~np.isin(of_first.first, of_second.first))
    listed = Pairs.joined([of_second, of_first.take(alone)])
    persons, known = copies.person[one], copies.person[other]
    shown = (persons >= 0) & np.isin(persons, known)
    return Overlap(
        first=parts[first],
        second=parts[second],
        copies=_in_rows(listed.take(np.lexsort((-listed.similarity, ~listed.exact))), copies),
        persons=_persons(parts[first].dataset is parts[second].dataset, copies, one, other),
        first_copied=copies.row[np.unique(of_first.first)],
        first_known=copies.row[one[shown]],
        exact=int(of_second.exact.sum()),
        near=int((~of_second.exact).sum()),
        strangers=strangers,
    )


def _group_pairs(copies: Copies, one: Indices, other: Indices) -> Pairs:
    """Return the pairs of groups, one on each side, that have the same or similar pixels."""
    here, there = copies.group[one], copies.group[other]
    near = copies.near
    similar = near.similarity >= needed_similarity(copies.miniatures[one], copies.miniatures[other])
    pairs = Pairs(
        near.first, near.second, np.zeros(len(similar), np.bool_), near.similarity, near.mirrored
    ).take(np.flatnonzero(similar))
    both = np.intersect1d(here, there)
    equal = np.ones(len(both), np.float32)
    same = Pairs(both, both, equal > 0, equal, equal < 0)
    found = Pairs.joined([same, pairs, pairs.turned()])
    return found.take(np.flatnonzero(np.isin(found.first, here) & np.isin(found.second, there)))


def _nearest(group: Indices, pairs: Pairs, one: Indices, other: Indices) -> Pairs:
    """Return each image of the second side that has a copy, beside the nearest of the first."""
    ranked = pairs.take(np.lexsort((-pairs.similarity, ~pairs.exact, pairs.second)))
    keys, best = np.unique(ranked.second, return_index=True)
    images = other[np.isin(group[other], keys)]
    lines = ranked.take(best[np.searchsorted(keys, group[images])])
    groups, first = np.unique(group[one], return_index=True)
    beside = one[first[np.searchsorted(groups, lines.first)]]
    itself = np.isin(images, one)
    return replace(lines, first=np.where(itself, images, beside), second=images)


def _persons(one_set: bool, copies: Copies, one: Indices, other: Indices) -> Pairs | None:
    here, there = copies.person[one], copies.person[other]
    both = np.intersect1d(here[here >= 0], there[there >= 0])
    known = (here >= 0).any() and (there >= 0).any()
    if not known or not (len(both) or one_set):
        return None  # persons of two sets are told to be the same only by images they share
    first = one[[int(np.argmax(here == person)) for person in both]]
    second = other[[int(np.argmax(there == person)) for person in both]]
    nothing = np.zeros(len(both), np.float32)
    pairs = Pairs(first, second, nothing > 0, nothing, nothing > 0)
    return _in_rows(pairs, copies)


def _in_rows(pairs: Pairs, copies: Copies) -> Pairs:
    return replace(pairs, first=copies.row[pairs.first], second=copies.row[pairs.second])
