"""An entry while it is built: its pixels, and a log of the chunks that are written."""

import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import torch
from numpy.typing import NDArray

from crs_plugin.data.bad_images import BadImage
from crs_plugin.data.cache.entry import checksum, pixels_file
from crs_plugin.data.cache.limit import make_room
from crs_plugin.data.decoding import COLOURED, GREY, Chunk, chunk_length

Pieces = Sequence[tuple[NDArray[np.int64], Chunk]]
"""Rows ``[K]`` of an entry, and what is to stand there."""


class Part:
    """What there is of an entry so far.

    A chunk counts once its line is in the log and its pixels have the checksum that stands there,
    so that a process that is killed, or a machine that loses its power, leaves nothing wrong
    behind. The pixels are grey until the first coloured image comes.

    Args:
        folder: Where it is built; what is there is continued.
        n: Number N of images.
        size: Their side in pixels.

    Attributes:
        channels: 1 as long as all images are grey, else 3.
        kinds: uint8 ``[N]``, see ``Chunk``.
        checksums: Chunk → CRC-32, of chunks that are done.
        bad: Index → what is wrong with an image that cannot be read.

    Raises:
        OSError: If the folder cannot be written.
        NoRoomError: If the entry would take too much of the disk.
    """

    def __init__(self, folder: Path, n: int, size: int) -> None:
        self.folder, self.n, self.size = folder, n, size
        self.length = chunk_length(size)
        self.chunks = -(-n // self.length)
        self.kinds = np.zeros(n, np.uint8)
        self.checksums: dict[int, int] = {}
        self.bad: dict[int, BadImage] = {}
        folder.mkdir(exist_ok=True)
        self._start(COLOURED if self._log(COLOURED).is_file() else GREY)
        self._recall()
        if self.channels == COLOURED:
            self._take_over_grey()

    def rows(self, chunk: int) -> NDArray[np.int64]:
        """Return the indices ``[K]`` of the images of a chunk."""
        return np.arange(chunk * self.length, min(self.n, (chunk + 1) * self.length))

    def write(self, chunk: int, pieces: Pieces, bad: dict[int, BadImage]) -> None:
        """Write a chunk, given in pieces that make it whole."""
        first = chunk * self.length
        rows = self.rows(chunk)
        kinds = np.zeros(len(rows), np.uint8)
        for places, piece in pieces:
            kinds[places - first] = piece.kinds
        if kinds.max() > self.channels:
            self._become_coloured()
        pixels = torch.zeros(len(rows), self.channels, self.size, self.size, dtype=torch.uint8)
        for places, piece in pieces:
            assert piece.pixels is not None
            given = piece.pixels[:, : self.channels]  # three equal channels, where there are more
            pixels[torch.from_numpy(places - first)] = given.expand(-1, self.channels, -1, -1)
        self._put(chunk, pixels, kinds, bad)

    def close(self) -> None:
        """Flush what was written to the disk."""
        if not self._pixels.closed:
            self._pixels.flush()
            os.fsync(self._pixels.fileno())
            self._pixels.close()

    def _log(self, channels: int) -> Path:
        return self.folder / f"chunks-{channels}.jsonl"

    def _start(self, channels: int) -> None:
        total = self.n * channels * self.size**2
        make_room(total, self.folder)
        self.channels = channels
        self._pixels = _opened(pixels_file(self.folder, channels), total)

    def _put(
        self, chunk: int, pixels: torch.Tensor, kinds: NDArray[np.uint8], bad: dict[int, BadImage]
    ) -> None:
        self._pixels.seek(chunk * self.length * self.channels * self.size**2)
        self._pixels.write(pixels.numpy().data)
        self._pixels.flush()
        line = {
            "chunk": chunk,
            "checksum": checksum(pixels),
            "kinds": "".join(map(str, kinds.tolist())),
            "bad": {str(row): [image.name, image.reason] for row, image in bad.items()},
        }
        with self._log(self.channels).open("a", encoding="ascii") as log:
            log.write(json.dumps(line) + "\n")
        self._note(line)

    def _note(self, line: dict[str, Any]) -> None:
        chunk = line["chunk"]
        self.checksums[chunk] = line["checksum"]
        self.kinds[self.rows(chunk)] = [int(kind) for kind in line["kinds"]]
        self.bad |= {int(row): BadImage(*cells) for row, cells in line["bad"].items()}

    def _recall(self) -> None:
        for line in _lines(self._log(self.channels)):
            if checksum(self._read(self._pixels, self.channels, line["chunk"])) == line["checksum"]:
                self._note(line)

    def _read(self, file: BinaryIO, channels: int, chunk: int) -> torch.Tensor:
        rows = self.rows(chunk)
        pixels = torch.empty(len(rows), channels, self.size, self.size, dtype=torch.uint8)
        file.seek(chunk * self.length * channels * self.size**2)
        file.readinto(pixels.numpy().reshape(-1).data)  # type: ignore[attr-defined]
        return pixels

    def _become_coloured(self) -> None:
        self._pixels.close()
        self.checksums, self.bad = {}, {}
        self._start(COLOURED)
        self._log(COLOURED).touch()
        self._take_over_grey()

    def _take_over_grey(self) -> None:
        """Copy what was done before the first coloured image came; again, if that was cut short."""
        path = pixels_file(self.folder, GREY)
        if not path.is_file():
            return
        with path.open("rb") as file:
            for line in _lines(self._log(GREY)):
                chunk = line["chunk"]
                grey = self._read(file, GREY, chunk)
                if chunk not in self.checksums and checksum(grey) == line["checksum"]:
                    kinds = np.array([int(kind) for kind in line["kinds"]], np.uint8)
                    bad = {int(row): BadImage(*cells) for row, cells in line["bad"].items()}
                    self._put(chunk, grey.expand(-1, COLOURED, -1, -1).contiguous(), kinds, bad)
        path.unlink()
        self._log(GREY).unlink(missing_ok=True)


def _opened(path: Path, length: int) -> BinaryIO:
    file = path.open("r+b" if path.is_file() else "w+b")
    file.truncate(length)
    return file


def _lines(log: Path) -> list[dict[str, Any]]:
    """Return the lines of a log, but for one that was cut short."""
    if not log.is_file():
        return []
    found = []
    for text in log.read_text(encoding="ascii", errors="replace").splitlines():
        try:
            found.append(json.loads(text))
        except ValueError:
            continue
    return found
