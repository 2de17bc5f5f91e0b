"""All pairs that labels make, as a tuple whose members are built when somebody wants them."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, SupportsIndex, cast

import torch
from torch import Tensor

from crs_plugin.expressions import UNLABELLED


class LabelPairs(tuple[Tensor, ...]):
    """The pairs (anchors, positives, anchors, negatives) that labels make, for who needs them.

    A tuple of pytorch-metric-learning's kind with four index tensors int64. For 4,096 rows these
    take 256 MiB, so they are built when the first is asked for; a loss that knows what they stand
    for, as :class:`~crs_plugin.losses.CRSContLoss` does, never asks.

    A function under ``torch.compile`` can make such pairs and use them, but cannot be given them:
    what the compiler takes for the tuple's members are not the members.

    Attributes:
        labels: [N] int64, equal for positives.
        ref_labels: [M] int64, of what the anchors are paired with. None: the N rows themselves, no
            row with itself.
        ignore_label: Rows with this label are in no pair.
    """

    labels: Tensor
    ref_labels: Tensor | None
    ignore_label: int
    _members: tuple[Tensor, ...] | None

    def __new__(
        cls, labels: Tensor, ref_labels: Tensor | None = None, ignore_label: int = UNLABELLED
    ) -> "LabelPairs":
        """Keep the labels, which may be of any integer type."""
        pairs = super().__new__(cls, cast(Sequence[Tensor], (_Unbuilt(),)))
        pairs.labels = labels.long()
        pairs.ref_labels = None if ref_labels is None else ref_labels.long()
        pairs.ignore_label = ignore_label
        pairs._members = None
        return pairs

    def positives(self) -> tuple[Tensor, Tensor]:
        """Build the anchors and positives of all positive pairs, int64 each."""
        same, both = self._masks()
        anchors, positives = torch.where(same & both)
        return anchors, positives

    def numbers(self) -> tuple[Tensor, Tensor, Tensor]:
        """Return how many pairs each class has, without building any.

        Returns:
            [C] int64 each: the ids of the classes that have anchors, ascending; and how many
            positive, and how many negative pairs the anchors of each have.
        """
        classes, anchors = torch.unique(self.labels[self.rows()], return_counts=True)
        others = self.others[self.ref_rows()].sort().values
        alike = torch.searchsorted(others, classes, right=True)
        alike -= torch.searchsorted(others, classes)
        partners = alike - 1 if self.ref_labels is None else alike
        return classes, anchors * partners, anchors * (len(others) - alike)

    def members(self) -> tuple[Tensor, ...]:
        """Return the four index tensors, built at the first call."""
        if self._members is None:
            same, both = self._masks()
            self._members = (*torch.where(same & both), *torch.where(~same & both))
        return self._members

    @property
    def others(self) -> Tensor:
        """[M] int64, the labels of what the anchors are paired with, be it themselves."""
        return self.labels if self.ref_labels is None else self.ref_labels

    def rows(self) -> Tensor:
        """Return the anchors that are not left out, int64, ascending."""
        return (self.labels != self.ignore_label).nonzero()[:, 0]

    def ref_rows(self) -> Tensor:
        """Return those of the M rows that are not left out, int64, ascending."""
        return (self.others != self.ignore_label).nonzero()[:, 0]

    def _masks(self) -> tuple[Tensor, Tensor]:
        """Return [N, M] bool each: which rows have the same label, and which are paired at all."""
        others = self.others
        same = self.labels[:, None] == others
        both = (self.labels != self.ignore_label)[:, None] & (others != self.ignore_label)
        if self.ref_labels is None:
            both.fill_diagonal_(False)
        return same, both

    def __len__(self) -> int:
        return 4

    def __iter__(self) -> Iterator[Tensor]:
        return iter(self.members())

    def __getitem__(self, index: SupportsIndex | slice) -> Tensor | tuple[Tensor, ...]:  # type: ignore[override]
        return self.members()[index]

    def __repr__(self) -> str:
        return f"LabelPairs({len(self.labels)} rows with {len(self.others)})"

    def __reduce__(self) -> tuple[Any, ...]:
        return LabelPairs, (self.labels, self.ref_labels, self.ignore_label)


class _Unbuilt:
    """What a ``LabelPairs`` has in place of its members.

    Functions of torch look past ``__iter__`` at what a tuple is made of. There they find this, and
    hand the call over to it.
    """

    @classmethod
    def __torch_function__(
        cls,
        function: Callable[..., Any],
        types: Sequence[type],
        args: Sequence[Any] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        named = {name: _built(value) for name, value in (kwargs or {}).items()}
        return function(*map(_built, args), **named)


def _built(value: Any) -> Any:
    return value.members() if isinstance(value, LabelPairs) else value
