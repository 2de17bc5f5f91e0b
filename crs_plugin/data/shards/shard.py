"""One shard: a tar file on the disk, or at an address from which it is fetched."""

from dataclasses import dataclass
from pathlib import Path

from crs_plugin.data.dataset import DataError
from crs_plugin.data.shards.fetched import fetched

_TRIES = 3


@dataclass(frozen=True)
class Shard:
    """Where a shard is.

    Attributes:
        address: Its whole path, or its address with a protocol (``https://…``, ``s3://…``).
        shard_bytes: Its length.
        version: Of a shard at an address: what tells it from another that was there before.
    """

    address: str
    shard_bytes: int
    version: str = ""

    def file(self) -> Path:
        """Return the tar file, fetched if need be.

        Raises:
            UnreachableError: If it cannot be fetched, or is not as long as it should be.
        """
        if is_remote(self.address):
            return fetched(self.address, self.version, self.shard_bytes)
        return Path(self.address)

    def read(self, start: int, size: int) -> bytes:
        """Return some of its bytes; fewer where it ends before.

        Raises:
            DataError: If its file cannot be read.
            UnreachableError: If it cannot be fetched.
        """
        for _ in range(_TRIES):
            try:
                with open(self.file(), "rb", buffering=0) as file:
                    file.seek(start)
                    return file.read(size)
            except FileNotFoundError as error:  # a copy may have made room for another
                if not is_remote(self.address):
                    raise DataError(f"{self.address}: no such file") from error
            except OSError as error:
                raise DataError(f"{self.address}: {error.strerror}") from error
        raise DataError(
            f"{self.address}: what is fetched is removed at once; CRS_CACHE_LIMIT is too small for"
            " the shards that are read side by side"
        )


def is_remote(address: str) -> bool:
    """Return whether a shard has to be fetched: there is a protocol in its address."""
    return "://" in address
