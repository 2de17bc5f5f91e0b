from itertools import islice
from pathlib import Path

import pytest
import torch

from crs_plugin.data import DataError, decode
from crs_plugin.data.datasets.synthetic_faces import synthetic_faces
from crs_plugin.data.streaming import StreamedImages

NAMES = tuple(f"{number}{' colour' * (number % 7 == 3)}.png" for number in range(40))


@pytest.fixture
def streamed(folder_of) -> tuple[StreamedImages, torch.Tensor]:
    faces = folder_of(*NAMES)
    return StreamedImages(faces.images, 8, 3), decode(faces, 8)


def test_streamed_pixels_are_those_that_are_decoded_once(streamed) -> None:
    images, expected = streamed
    assert images.shape == expected.shape
    rows = torch.tensor([3, 0, 39, 3])
    assert torch.equal(images[rows], expected[rows])
    assert images[rows[:0]].shape == (0, 3, 8, 8)


def test_batches_come_in_order_without_end_and_touch_no_generator(streamed) -> None:
    images, expected = streamed

    def without_end():
        number = 0
        while True:
            yield torch.tensor([number % 40, (number + 3) % 40])
            number += 1

    torch.manual_seed(0)
    before = torch.get_rng_state()
    got = list(islice(images.batches(without_end()), 45))
    assert torch.equal(torch.get_rng_state(), before)
    assert all(
        torch.equal(pixels, expected[indices])
        for pixels, indices in zip(got, without_end(), strict=False)
    )


def test_a_file_that_is_gone_is_one_message(streamed) -> None:
    images, _ = streamed
    Path(images.images.name(5)).unlink()
    with pytest.raises(DataError) as raised:
        list(images.batches([torch.tensor([4]), torch.tensor([5])]))
    assert str(raised.value) == f"{images.images.name(5)}: cannot be read: no such file"
    with pytest.raises(DataError, match=r"5\.png: cannot be read: no such file"):
        images[torch.tensor([5])]


def test_drawn_pictures_stream_as_they_are_drawn_at_once() -> None:
    faces = synthetic_faces(train=12, test=0, size=32)
    images = StreamedImages(faces.images, 24, 3)
    (batch,) = images.batches([torch.tensor([7, 2])])
    assert torch.equal(batch, decode(faces, 24)[[7, 2]])
