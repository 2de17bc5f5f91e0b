"""Writing a data set into shards, whole shards at a time."""

import json
import os
import tarfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from crs_plugin.data.bad_images import BadImage, as_tsv
from crs_plugin.data.dataset import SPLITS, DataError, FaceDataset, Images
from crs_plugin.data.dataset_digest import dataset_digest
from crs_plugin.data.decoding import Progress, usable_cores
from crs_plugin.data.layouts.litter import is_litter
from crs_plugin.data.layouts.roots import what_is_at
from crs_plugin.data.shards.encoded_image import EncodedImage, encoded_image
from crs_plugin.data.shards.index import Fields, ShardIndex
from crs_plugin.data.shards.opening import index_file
from crs_plugin.data.shards.places import LIST, shard_name
from crs_plugin.data.shards.scanning import scanned
from crs_plugin.expressions import ALL_EXPRESSIONS, UNLABELLED
from crs_plugin.files import atomic_path, remove_leftovers, write_atomically

LEFT_OUT = "left_out.tsv"
"""The file that lists images that cannot be read."""

_IN_A_BATCH = 32


@dataclass(frozen=True)
class Written:
    """What came of it.

    Attributes:
        images: Images in the shards.
        shards: Number of shards.
        from_before: Shards that an earlier, interrupted call had written.
        shard_bytes: Bytes of all shards.
        left_out: Images that cannot be read, and why.
    """

    images: int
    shards: int
    from_before: int
    shard_bytes: int
    left_out: tuple[BadImage, ...] = field(default=())


def write_shards(
    dataset: FaceDataset, folder: Path, *, size: int, progress: Progress | None = None
) -> Written:
    """Write all images of a data set into shards, with their labels, splits and persons.

    A record is ``00000042.jpg``, the bytes of its file as they are, and ``00000042.json`` with
    ``label`` (the expression's canonical name, or null), ``split`` and ``subject`` (a number, or
    null). An image that a box or landmarks cut out, or that has no file, is written as PNG. The
    records of a split follow one another, in random order, for whoever reads some shards reads
    them one after the other: order and files are the same each time.

    Beside each shard stands its index. A shard is written whole or not at all; a call that was
    interrupted is gone on with by the same call, which reads the shards that are there and makes
    anew what is damaged.

    Args:
        dataset: The faces.
        folder: Gets ``shard-000000.tar`` and so on, ``shards.json``, ``left_out.tsv``.
        size: Images in a shard; the last may have fewer.
        progress: Hears how many images are done, and of how many.

    Raises:
        DataError: If no image can be read, or the folder has other files, or shards that were made
            otherwise.
        OSError: If the folder cannot be written.
    """
    order = _order(dataset)
    starts = range(0, len(order), size)
    _begin(dataset, folder, size, len(starts))
    images, from_before, shard_bytes = 0, 0, 0
    left_out: list[BadImage] = []
    for number, start in enumerate(starts):
        piece = _Piece(dataset, folder / shard_name(number), order[start : start + size], start)
        index = piece.there()
        if index is None:
            index = piece.write()
        else:
            from_before += 1
        images += len(index)
        shard_bytes += index.shard_bytes
        left_out += piece.left_out
        if progress is not None:
            progress(min(len(order), start + size), len(order))
    if left_out:
        write_atomically(folder / LEFT_OUT, as_tsv(left_out))
    if images == 0:
        raise DataError(
            f"data set {dataset.name}: none of its {len(order):,} images can be read;"
            f" {folder / LEFT_OUT} says why"
        )
    return Written(images, len(starts), from_before, shard_bytes, tuple(left_out))


class _Piece:
    """What goes into one shard.

    Args:
        dataset: The faces.
        shard: The tar file.
        rows: Which of them ``[K]``.
        first: Number of the first record.

    Attributes:
        left_out: Those that turned out to be unreadable.
    """

    def __init__(
        self, dataset: FaceDataset, shard: Path, rows: NDArray[np.int64], first: int
    ) -> None:
        self._dataset, self._shard, self._rows, self._first = dataset, shard, rows, first
        self.left_out: list[BadImage] = []

    def there(self) -> ShardIndex | None:
        """Return the index of the shard if it is there already, whole, with all images."""
        try:
            index = ShardIndex.read(index_file(self._shard).read_bytes(), "")
            if index != ShardIndex.read(self._scanned().to_json(), ""):
                return None
        except (OSError, DataError):
            return None
        keys = {member.partition(".")[0] for member in index.members}
        for place, row in enumerate(self._rows):
            if _key(self._first + place) not in keys:
                bad = _bad(self._dataset.images, int(row))
                if bad is None:
                    return None
                self.left_out.append(bad)
        return index

    def write(self) -> ShardIndex:
        """Write the shard and its index."""
        self.left_out = []
        remove_leftovers(self._shard)
        index_file(self._shard).unlink(missing_ok=True)
        with atomic_path(self._shard) as temporary, tarfile.open(temporary, "w:") as tar:
            for place, found in self._encoded():
                if isinstance(found, BadImage):
                    self.left_out.append(found)
                    continue
                key = _key(self._first + place)
                _add(tar, f"{key}{found.suffix}", found.data)
                _add(tar, f"{key}.json", self._told(int(self._rows[place])))
        index = self._scanned()
        write_atomically(index_file(self._shard), index.to_json())
        return index

    def _scanned(self) -> ShardIndex:
        return scanned(self._shard, str(self._shard), Fields())

    def _encoded(self) -> Iterator[tuple[int, EncodedImage | BadImage]]:
        places = range(len(self._rows))
        with ThreadPoolExecutor(usable_cores()) as pool:
            for start in range(0, len(places), _IN_A_BATCH):
                batch = places[start : start + _IN_A_BATCH]
                rows = self._rows[start : start + _IN_A_BATCH].tolist()
                found = pool.map(partial(encoded_image, self._dataset.images), rows)
                yield from zip(batch, found, strict=True)

    def _told(self, row: int) -> bytes:
        fine, subject = int(self._dataset.fine[row]), int(self._dataset.subject[row])
        told = {
            "label": None if fine == UNLABELLED else ALL_EXPRESSIONS[fine],
            "split": SPLITS[self._dataset.split[row]],
            "subject": None if subject < 0 else subject,
        }
        return json.dumps(told).encode()


def _order(dataset: FaceDataset) -> NDArray[np.int64]:
    shuffled = np.random.default_rng(0).permutation(len(dataset))
    return shuffled[np.argsort(dataset.split[shuffled], kind="stable")]


def _begin(dataset: FaceDataset, folder: Path, size: int, shards: int) -> None:
    """See to it that the folder has shards of this data set, or nothing at all."""
    folder.mkdir(parents=True, exist_ok=True)
    made = {"data": dataset.name, "images": dataset_digest(dataset), "size": size, "shards": shards}
    tars = [folder / shard_name(number) for number in range(shards)]
    own = {LIST, LEFT_OUT, *(tar.name for tar in tars), *(index_file(tar).name for tar in tars)}
    if not (folder / LIST).is_file():
        if any(not is_litter(name) for name in os.listdir(folder)):
            raise DataError(f"{what_is_at(folder)}, and is no folder of shards; name a new folder")
        write_atomically(folder / LIST, json.dumps(made) + "\n")
        return
    try:
        before: dict[str, Any] = dict(json.loads((folder / LIST).read_bytes()))
    except (ValueError, TypeError) as error:
        raise DataError(f"{folder / LIST}: cannot be read: {error}; name a new folder") from error
    differing = [
        f"{key} {before.get(key)} (now {value})"
        for key, value in made.items()
        if before.get(key) != value
    ]
    if differing:
        raise DataError(
            f"{folder} has shards that were made otherwise: {', '.join(differing)}; name a new"
            " folder"
        )
    others = [name for name in sorted(os.listdir(folder)) if not is_litter(name)]
    strange = [name for name in others if name not in own]
    if strange:
        raise DataError(f"{folder} has something beside its shards: {strange[0]}; move it out")


def _bad(images: Images, row: int) -> BadImage | None:
    try:
        images.read(row)
    except DataError as error:
        return BadImage.of(images.name(row), error)
    return None


def _add(tar: tarfile.TarFile, name: str, data: bytes) -> None:
    member = tarfile.TarInfo(name)  # of nobody, and of no date, so that files are the same
    member.size = len(data)
    tar.addfile(member, BytesIO(data))


def _key(number: int) -> str:
    return f"{number:08d}"
