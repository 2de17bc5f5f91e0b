import numpy as np
from PIL import Image

from crs_plugin.data.datasets.shards import shards
from crs_plugin.data.image_sizes import ImageSizes, image_sizes
from crs_plugin.data.shards.shard_images import ShardImages
from crs_plugin.data.shards.shard_writing import write_shards


def test_a_sample_is_read(folder_of, tmp_path):
    faces = folder_of("a.png", "b colour.png", "broken.png", "c.png")
    Image.fromarray(np.zeros((5, 7), np.uint8)).save(tmp_path / "faces" / "c.png")
    assert image_sizes(faces) == ImageSizes(4, {(10, 10): 2, (7, 5): 1}, grey=2, unreadable=1)
    few = image_sizes(faces, most=2)
    assert sum(few.sizes.values()) + few.unreadable == 2
    assert few.of == 4


def test_sizes_are_told_in_words():
    same = ImageSizes(1200, {(48, 48): 200}, grey=200, unreadable=0)
    assert str(same) == "48×48 px, grey (200 of 1,200 looked at)"
    two = ImageSizes(4, {(48, 48): 1, (7, 5): 2}, grey=0, unreadable=1)
    assert str(two) == "2 of 7×5, 1 of 48×48 px, colour, 1 cannot be read (4 of 4 looked at)"
    many = ImageSizes(6, {(n, 2 * n): 1 + (n == 3) for n in (3, 1, 9, 4, 5)}, grey=1, unreadable=0)
    words = "from 1×2 to 9×18 px, most often 3×6, 1 grey and 5 in colour (6 of 6 looked at)"
    assert str(many) == words
    assert str(ImageSizes(2, {}, 0, 2)) == "2 cannot be read (2 of 2 looked at)"


def test_images_in_shards_are_from_few_shards(folder_of, tmp_path, monkeypatch):
    write_shards(folder_of(*(f"{number}.png" for number in range(20))), tmp_path / "out", size=5)
    faces = shards(root=tmp_path / "out")
    assert str(image_sizes(faces)) == "10×10 px, grey (20 of 20 looked at)"
    read = []
    encoded = ShardImages.encoded
    monkeypatch.setattr(
        ShardImages, "encoded", lambda self, i: read.append(self.shard[i]) or encoded(self, i)
    )
    assert str(image_sizes(faces, most=7)) == "10×10 px, grey (7 of 20 looked at)"
    assert len(set(read)) == 2
