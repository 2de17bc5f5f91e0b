from collections.abc import Callable, Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import numpy as np
import pytest
import torch
from PIL import Image

from crs_plugin.data.dataset import FaceDataset, Images
from crs_plugin.data.decoded_images import ImageReader
from crs_plugin.data.images import FileImages

WriteImage = Callable[..., Path]


@pytest.fixture
def write_image() -> WriteImage:
    """Return a function that writes a small image of noise and makes the folders above it."""

    def write(path: Path, size: int = 8, mode: str = "L", seed: int = 0) -> Path:
        shape = (size, size) if mode == "L" else (size, size, 3)
        pixels = np.random.default_rng(seed).integers(0, 256, shape, dtype=np.uint8)
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(pixels).save(path)
        return path

    return write


@pytest.fixture
def empty_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of a cache that has no entry."""
    folder = tmp_path / "cache of this test"
    monkeypatch.setenv("CRS_CACHE", str(folder))
    return folder


@pytest.fixture
def folder_of(tmp_path: Path, write_image: WriteImage) -> Callable[..., FaceDataset]:
    """Return a function that writes image files and opens them; names say what they are."""

    def make(*names: str, root: str = "faces") -> FaceDataset:
        for number, name in enumerate(names):
            path = tmp_path / root / name
            if "broken" in name:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(b"broken")
            else:
                write_image(path, 10, "RGB" if "colour" in name else "L", seed=number)
        return as_dataset(FileImages.of(tmp_path / root, names), root)

    return make


def as_dataset(images: Images, name: str = "faces") -> FaceDataset:
    n = len(images)
    none = np.full(n, -1, np.int32)
    return FaceDataset(name, images, np.zeros(n, np.int16), np.zeros(n, np.int8), none)


class Listener:
    """Collects what a reader of images says, and how far it is."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.progress: list[tuple[str, int, int]] = []
        self.reader = ImageReader(lambda *told: self.progress.append(told), self.lines.append)

    @property
    def said(self) -> str:
        return "\n".join(self.lines)


@pytest.fixture
def listener() -> Listener:
    return Listener()


class Served:
    """A folder that a web server of this machine offers.

    Attributes:
        url: Its address.
        asked: What was asked for, as ``GET /shard-000000.tar``.
        failures: Path → how many times yet it is answered with 503.
    """

    def __init__(self, url: str) -> None:
        self.url = url
        self.asked: list[str] = []
        self.failures: dict[str, int] = {}

    def count(self, name: str) -> int:
        return self.asked.count(f"GET /{name}")


class _Handler(SimpleHTTPRequestHandler):
    def do_GET(self) -> None:
        served: Served = self.server.served  # type: ignore[attr-defined]
        served.asked.append(f"GET {self.path}")
        if served.failures.get(self.path, 0) > 0:
            served.failures[self.path] -= 1
            self.send_error(503)
        else:
            super().do_GET()

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    """A web server that offers the folder ``shards`` of the test's folder."""
    pytest.importorskip("aiohttp", reason="fsspec reads over HTTP with aiohttp")
    handler = partial(_Handler, directory=str(tmp_path / "shards"))
    with ThreadingHTTPServer(("localhost", 0), handler) as server:
        server.served = Served(f"http://localhost:{server.server_port}")  # type: ignore[attr-defined]
        thread = Thread(target=server.serve_forever)
        thread.start()
        try:
            yield server.served  # type: ignore[attr-defined]
        finally:
            server.shutdown()
            thread.join()


@pytest.fixture
def read_names(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of image files that are read from now on."""
    names: list[str] = []
    read = FileImages.read

    def noted(images: FileImages, index: int) -> torch.Tensor:
        names.append(Path(images.name(index)).name)
        return read(images, index)

    monkeypatch.setattr(FileImages, "read", noted)
    return names
