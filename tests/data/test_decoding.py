from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torchvision.transforms.v2.functional import resize

from crs_plugin.data import DataError, FaceDataset, concatenate, decode
from crs_plugin.data.dataset import Images
from crs_plugin.data.decoding import Progress
from crs_plugin.data.images import ArrayImages, FileImages


def dataset(images: Images, name: str = "faces") -> FaceDataset:
    n = len(images)
    return FaceDataset(
        name, images, np.zeros(n, np.int16), np.zeros(n, np.int8), np.full(n, -1, np.int32)
    )


def noise(n: int, channels: int, size: int) -> FaceDataset:
    pixels = np.random.default_rng(n).integers(0, 256, (n, channels, size, size), dtype=np.uint8)
    return dataset(ArrayImages(pixels, np.arange(n), Path("noise")))


def test_images_of_the_size_are_left_as_they_are() -> None:
    faces = noise(600, 1, 6)
    assert isinstance(faces.images, ArrayImages)
    decoded = decode(faces, 6)
    assert torch.equal(decoded, torch.from_numpy(faces.images.pixels))


def test_other_sizes_are_squeezed_with_antialiasing(tmp_path: Path) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (1, 3, 20, 30), dtype=np.uint8)
    decoded = decode(dataset(ArrayImages(pixels, np.arange(1), Path("x"))), 8)
    expected = resize(torch.from_numpy(pixels), [8, 8], antialias=True)
    assert decoded.shape == (1, 3, 8, 8)
    assert (decoded.int() - expected.int()).abs().max() <= 1


def test_one_coloured_image_makes_all_three_channels() -> None:
    grey, coloured = noise(300, 1, 4), noise(2, 3, 4)
    decoded = decode(concatenate([grey, coloured, grey]), 4)
    assert decoded.shape == (602, 3, 4, 4)
    assert isinstance(grey.images, ArrayImages)
    assert isinstance(coloured.images, ArrayImages)
    thrice = torch.from_numpy(grey.images.pixels).expand(-1, 3, -1, -1)
    assert torch.equal(decoded[:300], thrice)
    assert torch.equal(decoded[300:302], torch.from_numpy(coloured.images.pixels))
    assert torch.equal(decoded[302:], thrice)


def test_all_unreadable_images_are_reported_at_once(tmp_path: Path, write_image) -> None:
    names = [f"{i:02d}.png" for i in range(30)]
    for name in names[:5]:
        write_image(tmp_path / name)
    for name in names[5:]:
        (tmp_path / name).write_bytes(b"broken")
    faces = dataset(FileImages.of(tmp_path, names))
    with pytest.raises(DataError) as raised:
        decode(faces, 8)
    lines = str(raised.value).splitlines()
    assert lines[0].startswith("data set faces: 25 of 30 images cannot be used")
    assert len(lines) == 1 + 20 + 1
    assert f"{tmp_path / '05.png'}: cannot be read: cannot identify image file" in lines[1]
    assert lines[-1].strip() == "… and 5 more"


def test_progress_goes_over_all_parts_to_the_end() -> None:
    told: list[tuple[int, int]] = []
    decode(concatenate([noise(300, 1, 4), noise(20, 1, 4)]), 4, lambda *x: told.append(x))
    assert told[-1] == (320, 320)
    assert [done for done, _ in told] == sorted({done for done, _ in told})
    assert len(told) >= 3


@dataclass(frozen=True)
class MadeAtOnce:
    numbers: NDArray[np.uint8]

    def __len__(self) -> int:
        return len(self.numbers)

    def read(self, index: int) -> torch.Tensor:
        raise AssertionError("read one by one")

    def name(self, index: int) -> str:
        return f"number {self.numbers[index]}"

    def take(self, indices: NDArray[np.int64]) -> "MadeAtOnce":
        return MadeAtOnce(self.numbers[indices])

    def read_all(self, size: int, progress: Progress | None) -> torch.Tensor:
        if progress:
            progress(len(self), len(self))
        return torch.from_numpy(self.numbers).view(-1, 1, 1, 1).repeat(1, 3, size, size)


def test_images_that_come_at_once_are_asked_for_at_once_also_when_joined() -> None:
    made = dataset(MadeAtOnce(np.arange(10, dtype=np.uint8)))
    assert decode(made, 2)[:, 0, 0, 0].tolist() == list(range(10))
    told: list[tuple[int, int]] = []
    joined = concatenate([noise(2, 1, 2), made]).take(np.array([11, 0, 4, 1, 2]))
    decoded = decode(joined, 2, lambda *x: told.append(x))
    assert decoded[[0, 2, 4], 0, 0, 0].tolist() == [9, 2, 0]
    assert told[-1] == (5, 5)


def test_too_large_a_result_is_refused_with_the_need_and_the_remedy() -> None:
    with pytest.raises(DataError, match=r"10 decoded images of 8×8×3 would take .*decode_size"):
        decode(noise(10, 3, 8), 8, memory_limit=1919)
    assert decode(noise(10, 3, 8), 8, memory_limit=1920).shape[1] == 3


def test_nothing_to_decode_is_an_error() -> None:
    with pytest.raises(DataError, match="faces: there is no image"):
        decode(noise(3, 1, 4).take(np.array([], dtype=np.int64)), 4)


def test_real_faces_decode(real_faces: Path) -> None:
    from crs_plugin.data.datasets.ferplus import ferplus

    faces = ferplus(root=real_faces / "ferplus").take(np.arange(0, 27_000, 50))
    decoded = decode(faces, 48)
    assert decoded.shape == (540, 1, 48, 48)
    assert 100 < decoded.float().mean() < 160
    assert torch.equal(decoded[7], faces.images.read(7))
