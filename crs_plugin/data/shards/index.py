"""The index of a shard: which images are in it, where they begin, and what is known of each."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from crs_plugin.data.dataset import SPLITS, DataError

FORMAT = 1
"""Raise it with every change of what an index holds, so that those of before are made anew."""

_MOST_BYTES = 2**31 - 1
_DIGITS = 16
_TYPES: Mapping[str, set[type]] = {
    "members": {str},
    "starts": {int},
    "sizes": {int},
    "digests": {str},
    "labels": {str, type(None)},
    "splits": {str},
    "subjects": {str, type(None)},
}
"""Column → what its values may be."""

COLUMNS = tuple(_TYPES)
"""The columns of an index, in order."""


@dataclass(frozen=True)
class Fields:
    """Which fields of a record's ``.json`` say what.

    Attributes:
        label: The expression. None: no record has a label.
        split: The split.
        subject: The person.
    """

    label: str | None = "label"
    split: str = "split"
    subject: str = "subject"


@dataclass(frozen=True)
class ShardIndex:
    """The K images of a shard.

    Attributes:
        shard_bytes: Length of the tar file.
        members: Names of the members that are images ``[K]``, each another one.
        starts: Where their bytes begin in the tar file ``[K]``.
        sizes: How many bytes they have ``[K]``.
        digests: Digest of the bytes ``[K]``, 16 hexadecimal digits.
        labels: The labels as they are written ``[K]``; None for an image without one.
        splits: Splits ``[K]``, of ``SPLITS``.
        subjects: Whatever tells persons apart ``[K]``; None where unknown.
        skipped: Reason → how many records were left out for it.
        fields: What labels, splits and subjects were read from.
    """

    shard_bytes: int
    members: Sequence[str]
    starts: Sequence[int]
    sizes: Sequence[int]
    digests: Sequence[str]
    labels: Sequence[str | None]
    splits: Sequence[str]
    subjects: Sequence[str | None]
    skipped: Mapping[str, int] = field(default_factory=dict)
    fields: Fields = field(default_factory=Fields)

    def __len__(self) -> int:
        return len(self.members)

    def to_json(self) -> str:
        """Return it as JSON."""
        return json.dumps({"format": FORMAT, **asdict(self)}, ensure_ascii=False)

    @classmethod
    def read(cls, text: bytes | str, where: str) -> "ShardIndex":
        """Return what ``to_json`` wrote.

        Args:
            text: The JSON.
            where: The file that it is from, for messages.

        Raises:
            DataError: If it is something else, or does not agree with itself.
        """
        try:
            values: dict[str, Any] = json.loads(text)
            if values.pop("format") != FORMAT:
                raise DataError(f"{where}: another version of the package wrote it; make it anew")
            values["fields"] = Fields(**values["fields"])
            index = cls(**values)
            index._check()
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            if isinstance(error, DataError):
                raise
            raise DataError(
                f"{where}: is no index of a shard ({error or type(error).__name__}); remove it, and"
                " the shard itself is read instead"
            ) from error
        return index

    def _check(self) -> None:
        lengths = {name: len(getattr(self, name)) for name in _TYPES}
        if len(set(lengths.values())) > 1:
            raise ValueError(f"columns differ in length: {lengths}")
        for name, types in _TYPES.items():
            if not set(map(type, getattr(self, name))) <= types:
                raise ValueError(f"{name} has values of another kind")
        if not set(self.splits) <= set(SPLITS):
            raise ValueError("splits has words that are no split")
        if any(len(digest) != _DIGITS for digest in self.digests):
            raise ValueError("a digest has another length")
        for digest in self.digests:
            int(digest, _DIGITS)
        ends = (start + size for start, size in zip(self.starts, self.sizes, strict=True))
        if min(self.starts, default=0) < 0 or min(self.sizes, default=0) < 0:
            raise ValueError("an image begins or ends before the shard does")
        if max(ends, default=0) > min(self.shard_bytes, 2**63 - 1):
            raise ValueError(f"an image ends after the shard's {self.shard_bytes:,} bytes")
        if max(self.sizes, default=0) > _MOST_BYTES:
            raise ValueError(f"an image has more than {_MOST_BYTES:,} bytes")
