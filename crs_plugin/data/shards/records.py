"""The records of shards, shard by shard, in as few bytes each as they need."""

from collections import Counter
from typing import Any

import numpy as np

from crs_plugin.data.dataset import SPLITS, DataError, FaceDataset
from crs_plugin.data.layouts.label_names import LabelNames
from crs_plugin.data.shards.index import ShardIndex
from crs_plugin.data.shards.shard import Shard
from crs_plugin.data.shards.shard_images import ShardImages
from crs_plugin.expressions import UNLABELLED

_DTYPES = {
    "shard": np.int32,
    "starts": np.int64,
    "sizes": np.int32,
    "digests": np.uint64,
    "members": np.bytes_,
    "fine": np.int16,
    "split": np.int8,
    "subject": np.int32,
}


class ShardRecords:
    """Collects the records of shards; those whose label stands for nothing are left out.

    Args:
        name: Name of the data set.
        names: What the labels stand for.
    """

    def __init__(self, name: str, names: LabelNames) -> None:
        self._name, self._names = name, names
        self._shards: list[Shard] = []
        self._columns: dict[str, list[np.ndarray]] = {column: [] for column in _DTYPES}
        self._subjects: dict[str, int] = {}
        self._skipped: Counter[str] = Counter()

    def add(self, shard: Shard, index: ShardIndex) -> None:
        """Add the records of a shard."""
        fine = [
            self._fine(label, f"{shard.address}/{member}")
            for label, member in zip(index.labels, index.members, strict=True)
        ]
        kept = [place for place, each in enumerate(fine) if each is not None]
        for place, each in enumerate(fine):
            if each is None:
                self._skipped[f"label {index.labels[place]} left out by 'labels'"] += 1
        self._skipped.update(index.skipped)
        values: dict[str, list[Any]] = {
            "shard": [len(self._shards)] * len(kept),
            "starts": [index.starts[i] for i in kept],
            "sizes": [index.sizes[i] for i in kept],
            "digests": [int(index.digests[i], 16) for i in kept],
            "members": [index.members[i].encode("utf-8", "surrogateescape") for i in kept],
            "fine": [fine[i] for i in kept],
            "split": [SPLITS.index(index.splits[i]) for i in kept],
            "subject": [self._subject(index.subjects[i]) for i in kept],
        }
        for column, dtype in _DTYPES.items():
            self._columns[column].append(np.array(values[column], dtype))
        self._shards.append(shard)

    def dataset(self) -> FaceDataset:
        """Return the data set.

        Raises:
            DataError: If no record is left.
        """
        found = {column: np.concatenate(self._columns.pop(column)) for column in _DTYPES}
        fine, split, subject = (found.pop(column) for column in ("fine", "split", "subject"))
        if not len(fine):
            reasons = ", ".join(f"{n:,} × {why}" for why, n in self._skipped.most_common())
            raise DataError(
                f"data set {self._name}: no image is left in {len(self._shards):,} shards, of which"
                f" the first is {self._shards[0].address}" + (f": {reasons}" if reasons else "")
            )
        images = ShardImages(tuple(self._shards), **found)
        return FaceDataset(
            self._name,
            images,
            fine,
            split,
            subject,
            dict(self._skipped),
            labels=self._names.meanings,
        )

    def _fine(self, label: str | None, where: str) -> int | None:
        return UNLABELLED if label is None else self._names.fine_id(label, where)

    def _subject(self, subject: str | None) -> int:
        return -1 if subject is None else self._subjects.setdefault(subject, len(self._subjects))
