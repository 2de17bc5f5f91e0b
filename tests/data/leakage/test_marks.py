import numpy as np
import torch

from crs_plugin.data.decoded_images import DecodedImages
from crs_plugin.data.leakage.marks import SIDE, Marks, marks


def of(pixels: torch.Tensor) -> Marks:
    return marks(DecodedImages(pixels, ""), lambda *_: None)


def test_equal_images_and_no_others_have_one_digest(faces):
    pixels = torch.cat([faces, faces[7:8], faces[:1]])
    pixels[-1, 0, 0, 0] ^= 1
    digests = of(pixels).digests
    assert len(np.unique(digests)) == 61
    assert digests[60] == digests[7]


def test_a_grey_image_is_the_same_in_three_channels(faces):
    grey = faces[:5, :1]
    one, three = of(grey), of(torch.cat([grey.expand(-1, 3, -1, -1), faces[9:10]]))
    assert np.array_equal(one.digests, three.digests[:5])
    difference = one.miniatures.astype(int) - three.miniatures[:5]
    assert np.abs(difference).max() <= 1


def test_the_digest_knows_the_size():
    black = [
        of(torch.zeros(1, 1, *shape, dtype=torch.uint8)).digests[0] for shape in ((6, 6), (4, 9))
    ]
    assert black[0] != black[1]


def test_miniatures_of_two_sizes_are_alike(faces):
    large = torch.nn.functional.interpolate(faces.float(), (96, 96), mode="nearest").byte()
    small = of(faces).miniatures.astype(float)
    assert small.shape == (60, SIDE, SIDE)
    assert np.abs(of(large).miniatures - small).mean() < 3


def test_progress_is_told_and_order_is_kept(faces):
    told = []
    many = faces.repeat(20, 1, 1, 1)
    found = marks(DecodedImages(many, ""), lambda *done: told.append(done))
    assert told == [(1024, 1200), (1200, 1200)]
    assert np.array_equal(found.digests[1140:], of(faces).digests)
