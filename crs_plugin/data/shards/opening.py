"""Shards with their indexes: from the file beside each, or else made once and kept in the cache."""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from hashlib import blake2b
from pathlib import Path

from crs_plugin.data.cache.folder import cache_folder
from crs_plugin.data.dataset import DataError
from crs_plugin.data.shards.fetched import fetched
from crs_plugin.data.shards.index import Fields, ShardIndex
from crs_plugin.data.shards.remote import small_file, version
from crs_plugin.data.shards.scanning import scanned
from crs_plugin.data.shards.shard import Shard, is_remote
from crs_plugin.files import write_atomically

INDEX = ".index.json"
"""What the name of a shard's index ends in, in place of ``.tar``."""

_SIDE_BY_SIDE = 16
_IN_A_BATCH = 64  # no more, so that indexes that wait to be taken do not pile up


def opened(addresses: Sequence[str], fields: Fields) -> Iterator[tuple[Shard, ShardIndex]]:
    """Yield shards with their indexes, in order.

    A shard without an index, or with one that was made of other fields, is read once, for which it
    is fetched if need be; what was found is kept in the cache.

    Args:
        addresses: Whole paths, or addresses with a protocol.
        fields: What labels, splits and subjects are read from.

    Raises:
        DataError: If a shard, or its index, cannot be used; the message names it.
        UnreachableError: If an address cannot be read.
    """
    with ThreadPoolExecutor(_SIDE_BY_SIDE) as pool:
        for start in range(0, len(addresses), _IN_A_BATCH):
            batch = addresses[start : start + _IN_A_BATCH]
            yield from pool.map(partial(_opened, fields=fields), batch)


def _opened(address: str, fields: Fields) -> tuple[Shard, ShardIndex]:
    return _of_address(address, fields) if is_remote(address) else _of_file(Path(address), fields)


def index_file(shard: Path) -> Path:
    """Return the file of the index beside a shard."""
    return shard.with_name(shard.name.removesuffix(".tar") + INDEX)


def _of_file(shard: Path, fields: Fields) -> tuple[Shard, ShardIndex]:
    try:
        status = shard.stat()
        file = index_file(shard)
        beside = file.read_bytes() if file.is_file() else None
    except OSError as error:
        raise DataError(f"{error.filename}: cannot be read: {error.strerror}") from error
    index = None if beside is None else ShardIndex.read(beside, str(file))
    if index is not None and index.shard_bytes != status.st_size:
        raise DataError(
            f"{file}: is the index of a shard of {index.shard_bytes:,} bytes, but {shard.name} has"
            f" {status.st_size:,}: the shard is cut short or another one. If it is whole, remove"
            " the index, and the shard itself is read instead"
        )
    if index is None or index.fields != fields:
        state = f"{shard.resolve()} {status.st_size} {status.st_mtime_ns}"
        index = _kept(state, fields) or _made(shard, str(shard), state, fields)
    return Shard(str(shard), index.shard_bytes), index


def _of_address(address: str, fields: Fields) -> tuple[Shard, ShardIndex]:
    where = address.removesuffix(".tar") + INDEX
    beside = small_file(where)
    index = None if beside is None else ShardIndex.read(beside, where)
    if beside is not None and index is not None and index.fields == fields:
        return Shard(address, index.shard_bytes, blake2b(beside).hexdigest()), index
    state = version(address)
    index = _kept(f"{address} {state}", fields)
    if index is None:
        index = _made(fetched(address, state), address, f"{address} {state}", fields)
    return Shard(address, index.shard_bytes, state), index


def _kept(state: str, fields: Fields) -> ShardIndex | None:
    file = _place(state, fields)
    try:
        return ShardIndex.read(file.read_bytes(), str(file))
    except (OSError, DataError):  # it is made anew
        return None


def _made(file: Path, name: str, state: str, fields: Fields) -> ShardIndex:
    index = scanned(file, name, fields)
    place = _place(state, fields)
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(place, index.to_json())
    except OSError:  # then it is made each time
        pass
    return index


def _place(state: str, fields: Fields) -> Path:
    key = blake2b(f"{state}\0{fields}".encode(errors="surrogateescape"), digest_size=16)
    return cache_folder() / "shards" / f"{key.hexdigest()}{INDEX}"
