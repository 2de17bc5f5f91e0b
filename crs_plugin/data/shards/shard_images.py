"""Images in shards, each read by itself: a few numbers say where it begins and what it is."""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from crs_plugin.data.dataset import DataError
from crs_plugin.data.images import pixels_of
from crs_plugin.data.shards.scanning import digest
from crs_plugin.data.shards.shard import Shard
from crs_plugin.image_file import read_image_bytes

if TYPE_CHECKING:
    import torch


@dataclass(frozen=True)
class ShardImages:
    """Images in shards.

    Attributes:
        shards: The shards.
        shard: int32 ``[N]``, which of ``shards`` an image is in.
        starts: int64 ``[N]``, where its bytes begin there.
        sizes: int32 ``[N]``, how many bytes it has.
        digests: uint64 ``[N]``, digests of the bytes.
        members: Names ``[N]`` of the tar files' members, in UTF-8.
    """

    shards: tuple[Shard, ...]
    shard: NDArray[np.int32]
    starts: NDArray[np.int64]
    sizes: NDArray[np.int32]
    digests: NDArray[np.uint64]
    members: NDArray[np.bytes_]

    def __len__(self) -> int:
        return len(self.starts)

    def read(self, index: int) -> "torch.Tensor":
        """Return an image as uint8 ``[C, H, W]``: C = 1 for a grey one, 3 otherwise.

        ``read_image_bytes`` says how each kind of image is read.

        Raises:
            DataError: If its shard is not the one that was indexed, or what is there is no image;
                the message names shard and member.
            UnreachableError: If its shard cannot be fetched.
        """
        data = self.encoded(index)
        try:
            return pixels_of(read_image_bytes(data))
        except Exception as error:  # damaged images raise whatever their decoder stumbles over
            why = " ".join(str(error).split()) or type(error).__name__
            raise DataError(f"{self.name(index)}: cannot be read: {why}") from error

    def encoded(self, index: int) -> bytes:
        """Return the bytes of an image's file.

        Raises:
            DataError: If they are not those that were indexed.
            UnreachableError: If its shard cannot be fetched.
        """
        shard = self.shards[int(self.shard[index])]
        data = shard.read(int(self.starts[index]), int(self.sizes[index]))
        if int(digest(data), 16) != int(self.digests[index]):
            raise DataError(
                f"{self.name(index)}: its bytes are not those that were indexed: it is damaged, or"
                f" the index is that of another shard"
            )
        return data

    def name(self, index: int) -> str:
        """Return the shard's whole path or address, and the member in it."""
        member = self.members[index].decode("utf-8", "surrogateescape")
        return f"{self.shards[int(self.shard[index])].address}/{member}"

    def take(self, indices: NDArray[np.int64]) -> "ShardImages":
        """Return only the images of these indices, in this order."""
        return replace(
            self,
            shard=self.shard[indices],
            starts=self.starts[indices],
            sizes=self.sizes[indices],
            digests=self.digests[indices],
            members=self.members[indices],
        )

    def fingerprints(self) -> NDArray[np.uint64]:
        """Return a number for each image ``[N]``: it follows from the bytes, wherever they are."""
        from crs_plugin.data.decoding import DECODER_VERSION  # with PyTorch, seconds to import

        return self.digests ^ np.uint64(int(digest(f"decoder {DECODER_VERSION}".encode()), 16))

    def shard_numbers(self) -> NDArray[np.int64]:
        """Return the number of the shard that each image is in ``[N]``."""
        return self.shard.astype(np.int64)
