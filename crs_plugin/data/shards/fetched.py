"""Copies of shards that lie elsewhere: as many as there is room for, shared by all processes."""

import os
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path

from filelock import FileLock

from crs_plugin.data.cache.folder import cache_folder
from crs_plugin.data.shards.remote import UnreachableError, fetch
from crs_plugin.files import atomic_path, remove_leftovers


@dataclass(frozen=True)
class Copy:
    """A shard that was fetched.

    Attributes:
        file: The tar file.
    """

    file: Path

    @property
    def bytes(self) -> int:
        """Bytes that it takes; 0 once it is gone."""
        status = self._status()
        return status.st_size if status else 0

    @property
    def used(self) -> float:
        """When it was last read from, in seconds since the epoch; 0 once it is gone."""
        status = self._status()
        return status.st_mtime if status else 0.0

    def _status(self) -> os.stat_result | None:
        try:
            return self.file.stat()
        except OSError:
            return None


def fetched_folder() -> Path:
    """Return the folder of the copies."""
    return cache_folder() / "shards"


def copies() -> list[Copy]:
    """Return all copies that there are."""
    return [Copy(file) for file in fetched_folder().glob("[!.]*.tar")]


def fetched(address: str, version: str, expected: int | None = None) -> Path:
    """Return the copy of a shard, and mark it as used now; it is fetched if it is not there.

    As much as ``cache_limit`` says is kept, whatever was used longest ago makes room. A copy can
    go at any time, but a process that has opened it reads it to its end (not so on Windows).

    Args:
        address: Where it is.
        version: What tells it from another that may have been there before.
        expected: Its length, where that is known.

    Raises:
        UnreachableError: If it cannot be fetched, has another length, or the disk has no room.
    """
    key = blake2b(f"{address}\0{version}".encode(), digest_size=16).hexdigest()
    file = fetched_folder() / f"{key}.tar"
    if _still_there(file):
        return file
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(file.with_suffix(".lock")):
            if not _still_there(file):
                remove_leftovers(file)
                with atomic_path(file) as temporary:
                    fetch(address, temporary)
                    found = temporary.stat().st_size
                    if expected not in (None, found):
                        raise UnreachableError(
                            f"{address}: has {found:,} bytes, but its index is that of a shard of"
                            f" {expected:,}"
                        )
                    _make_room(address, found)
    except OSError as error:
        raise UnreachableError(
            f"{address}: cannot be kept in {file.parent}: {error.strerror or error}"
        ) from error
    return file


def _still_there(file: Path) -> bool:
    try:
        os.utime(file)
    except FileNotFoundError:
        return False
    return True


def _make_room(address: str, needed: int) -> None:
    from crs_plugin.data.cache.limit import cache_limit, in_words  # with PyTorch, seconds to import

    with FileLock(fetched_folder() / "room.lock"):
        found = copies()
        limit = cache_limit(found)
        if needed > limit:
            raise UnreachableError(
                f"{address}: takes {in_words(needed)}, more than the {in_words(limit)} that may be"
                " kept of fetched shards; set the environment variable CRS_CACHE_LIMIT, or make"
                " smaller shards"
            )
        over = sum(copy.bytes for copy in found) + needed - limit
        for copy in sorted(found, key=lambda copy: copy.used):
            if over <= 0:
                return
            over -= copy.bytes
            copy.file.unlink(missing_ok=True)
