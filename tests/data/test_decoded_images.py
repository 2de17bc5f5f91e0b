import numpy as np
import pytest
import torch

from crs_plugin.data import DataError, decode
from crs_plugin.data.dataset import FaceDataset
from crs_plugin.data.decoded_images import DecodedImages
from crs_plugin.data.streaming import StreamedImages

pytestmark = pytest.mark.usefixtures("empty_cache")


def everything(images: DecodedImages) -> torch.Tensor:
    return images[torch.arange(len(images))]


@pytest.fixture
def faces(folder_of) -> FaceDataset:
    return folder_of(*(f"{n}{' colour' * (n == 30)}.png" for n in range(40)), "x broken.png")


def little_memory(monkeypatch) -> None:
    monkeypatch.setattr("crs_plugin.data.decoding.half_of_memory", lambda: 100)


def test_cache_memory_and_stream_give_the_same_pixels(
    faces, listener, monkeypatch, tmp_path
) -> None:
    cached = listener.reader.decoded(faces, 8)
    monkeypatch.setenv("CRS_CACHE", str(tmp_path / "another"))
    monkeypatch.setenv("CRS_CACHE_LIMIT", "0")
    in_memory = listener.reader.decoded(faces, 8)
    little_memory(monkeypatch)
    streamed = listener.reader.decoded(faces, 8)
    assert isinstance(streamed.images.pixels, StreamedImages)
    assert list(cached.bad) == list(in_memory.bad) == list(streamed.bad) == [40]
    good = [read.images.take(np.arange(40)) for read in (cached, in_memory, streamed)]
    assert all(torch.equal(everything(images), everything(good[0])) for images in good)
    assert cached.images.fingerprint == in_memory.images.fingerprint
    assert "decoded into memory, as they take" in listener.lines[1]
    assert "streamed from their files by" in listener.lines[2]
    assert "more than the 0 B that the cache may take (CRS_CACHE_LIMIT)" in listener.lines[2]
    assert len(listener.lines) == 3


def test_grey_images_stream_as_grey(folder_of, listener, monkeypatch) -> None:
    monkeypatch.setenv("CRS_CACHE_LIMIT", "0")
    little_memory(monkeypatch)
    faces = folder_of("1.png", "2.png")
    images = listener.reader.decoded(faces, 8).images
    assert images.shape == (2, 1, 8, 8)
    assert torch.equal(everything(images), decode(faces, 8, memory_limit=10**6))


def test_no_image_is_an_error_only_where_pixels_are_wanted(faces, listener) -> None:
    none = faces.take(np.array([], np.int64))
    with pytest.raises(DataError, match="faces: there is no image"):
        listener.reader.decoded(none, 8)
    assert listener.reader.unreadable(none) == ({}, None)


def test_a_part_copies_no_pixels_and_is_another(faces, listener) -> None:
    whole = listener.reader.decoded(faces, 8).images
    part = whole.take(np.array([5, 2, 5])).take(np.array([2, 1]))
    assert part.pixels is whole.pixels
    assert part.shape == (2, 3, 8, 8)
    assert torch.equal(everything(part), whole[torch.tensor([5, 2])])
    assert len({whole.fingerprint, part.fingerprint, whole.take(np.array([2, 5])).fingerprint}) == 3
    assert whole.take(np.arange(41)).fingerprint == whole.fingerprint


def test_images_of_a_plugin_without_fingerprints_are_kept_in_memory(listener) -> None:
    class Plain:
        def __len__(self):
            return 2

        def read(self, index):
            return torch.full((1, 4, 4), index, dtype=torch.uint8)

        def name(self, index):
            return f"number {index}"

        def take(self, indices):
            assert indices.tolist() in ([0], [1], [0, 1])
            return self if len(indices) == 2 else One(int(indices[0]))

    class One(Plain):
        def __init__(self, number):
            self.number = number

        def __len__(self):
            return 1

        def read(self, index):
            return super().read(self.number)

    zero = np.zeros(2, np.int16)
    faces = FaceDataset("plain", Plain(), zero, zero.astype(np.int8), zero.astype(np.int32))
    images = listener.reader.decoded(faces, 4).images
    assert everything(images)[:, 0, 0, 0].tolist() == [0, 1]
    assert "decoded into memory, as its plugin gives no fingerprints()" in listener.said
