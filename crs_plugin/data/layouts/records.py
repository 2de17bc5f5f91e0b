"""The records of a data set while its label file is read: kept, or left out for a reason."""

import os
from array import array
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from crs_plugin.data.bad_images import MOST_LISTED
from crs_plugin.data.dataset import SPLITS, DataError, FaceDataset
from crs_plugin.data.images import FileImages, is_image_name
from crs_plugin.data.layouts.litter import is_litter
from crs_plugin.data.layouts.packed_paths import PackedPaths
from crs_plugin.expressions import ALL_EXPRESSIONS, UNLABELLED

MISSING = "image file missing"
"""Reason of a record whose image is not on disk."""

UNNAMED = "image without a label"
"""Reason of an image on disk that no record names."""


@dataclass
class Records:
    """Collects the records of image files, of which there may be millions.

    Attributes:
        name: Name of the data set.
        root: Folder that the paths are relative to.
        margin: What is added to boxes or aligned faces on each side, as in ``FileImages``.
    """

    name: str
    root: Path
    margin: float = 0.0
    _paths: PackedPaths = field(default_factory=PackedPaths)
    _fine: "array[int]" = field(default_factory=lambda: array("h"))
    _splits: "array[int]" = field(default_factory=lambda: array("b"))
    _subjects: "array[int]" = field(default_factory=lambda: array("i"))
    _boxes: list[Sequence[float]] = field(default_factory=list)
    _landmarks: list[Sequence[float]] = field(default_factory=list)
    _skipped: Counter[str] = field(default_factory=Counter)
    _missing: dict[int, list[str]] = field(default_factory=dict)
    _first_missing: list[str] = field(default_factory=list)
    _subject_ids: dict[str, int] = field(default_factory=dict)
    _extra: dict[str, list[Sequence[float]]] = field(default_factory=dict)
    _folders: dict[str, dict[str, bool]] = field(default_factory=dict)  # name → a record names it
    _spellings: dict[str, dict[str, str]] = field(default_factory=dict)

    def add(
        self,
        path: str,
        fine: int,
        split: str,
        subject: str | None = None,
        box: Sequence[float] | None = None,
        landmarks: Sequence[float] | None = None,
        extra: Mapping[str, Sequence[float]] | None = None,
    ) -> None:
        """Keep a record, unless its image is missing: then it is counted as left out.

        Args:
            path: Path of the image relative to ``root``. A file whose name differs in upper and
                lower case only is taken if there is just one.
            fine: Fine id, or ``UNLABELLED``.
            split: One of ``SPLITS``.
            subject: Whatever tells one person from another, or None if unknown.
            box: x, y, width, height in pixels; for all records or for none.
            landmarks: x, y of five landmarks in pixels, ten numbers; for all records or for none.
            extra: Extra columns, name → numbers; the same ones for all records.
        """
        found = self._on_disk(path)
        if found is None:
            self._skipped[MISSING] += 1
            self._missing.setdefault(fine, []).append(path)
            if len(self._first_missing) < MOST_LISTED:
                self._first_missing.append(os.path.join(self.root, path))
            return
        self._paths.append(found)
        self._fine.append(fine)
        self._splits.append(SPLITS.index(split))
        known = subject is not None
        self._subjects.append(
            self._subject_ids.setdefault(str(subject), len(self._subject_ids)) if known else -1
        )
        if box is not None:
            self._boxes.append(box)
        if landmarks is not None:
            self._landmarks.append(landmarks)
        for name, numbers in (extra or {}).items():
            self._extra.setdefault(name, []).append(numbers)

    def leave_out(self, path: str, reason: str) -> None:
        """Count a record that is left out although its image may be there."""
        self._skipped[reason] += 1
        self._on_disk(path)

    def skip_unnamed(self, reason: str = UNNAMED) -> None:
        """Count the images that no record has named, in folders of which records named others."""
        unnamed = sum(
            not is_named and is_image_name(name) and not is_litter(name)
            for names in self._folders.values()
            for name, is_named in names.items()
        )
        if unnamed:
            self._skipped[reason] += unnamed

    def skip(self, reason: str, n: int = 1) -> None:
        """Count records that are left out."""
        self._skipped[reason] += n

    def dataset(self, labels: Mapping[str, str | None] | None = None) -> FaceDataset:
        """Return the data set.

        Args:
            labels: As in ``FaceDataset``.

        Raises:
            DataError: If no record is left, or none of an expression for missing images.
        """
        if not len(self._paths):
            raise DataError(f"data set {self.name}: no image is left in {self.root}{self._why()}")
        self._folders.clear()  # which take as much memory as the paths
        self._spellings.clear()
        kept = set(self._fine)
        for fine, paths in self._missing.items():
            if fine not in kept:
                label = "no label" if fine == UNLABELLED else repr(ALL_EXPRESSIONS[fine])
                raise DataError(
                    f"data set {self.name}: class {label} is empty: all {len(paths)} of its images"
                    f" are missing in {self.root} (the first is {paths[0]})"
                )
        return FaceDataset(
            name=self.name,
            images=FileImages(
                self.root,
                self._paths.as_array(),
                np.array(self._boxes, dtype=np.float32) if self._boxes else None,
                np.array(self._landmarks, dtype=np.float32).reshape(-1, 5, 2)
                if self._landmarks
                else None,
                self.margin,
            ),
            fine=np.array(self._fine, dtype=np.int16),
            split=np.array(self._splits, dtype=np.int8),
            subject=np.array(self._subjects, dtype=np.int32),
            skipped=dict(self._skipped),
            extra={name: np.array(each, np.float32) for name, each in self._extra.items()},
            labels=labels or {},
            missing=tuple(self._first_missing),
            subject_names={number: name for name, number in self._subject_ids.items()},
        )

    def _on_disk(self, path: str) -> str | None:
        """Return how a file is spelt on the disk and note that a record names it."""
        folder, slash, name = path.rpartition("/" if "/" in path else os.sep)
        listed = self._folders.get(folder) or self._listed(folder)
        if name in listed:
            listed[name] = True
            return path
        if folder not in self._spellings:
            lower = Counter(map(str.lower, listed))
            self._spellings[folder] = {n.lower(): n for n in listed if lower[n.lower()] == 1}
        other = self._spellings[folder].get(name.lower())
        if other is None:
            return None
        listed[other] = True
        return f"{folder}{slash}{other}"

    def _listed(self, folder: str) -> dict[str, bool]:
        # One listing per folder, where a look at each file would take minutes on a network disk.
        if folder not in self._folders:
            try:
                self._folders[folder] = dict.fromkeys(os.listdir(self.root / folder), False)
            except (FileNotFoundError, NotADirectoryError, ValueError):  # the last: a NUL in it
                self._folders[folder] = {}
            except OSError as error:
                raise DataError(
                    f"data set {self.name}: folder {self.root / folder} cannot be listed:"
                    f" {error.strerror}"
                ) from error
        return self._folders[folder]

    def _why(self) -> str:
        reasons = ", ".join(f"{n:,} × {reason}" for reason, n in self._skipped.most_common())
        first = next((paths[0] for paths in self._missing.values()), None)
        example = f" (the first is {first})" if first else ""
        return f": left out were {reasons}{example}" if reasons else ""
