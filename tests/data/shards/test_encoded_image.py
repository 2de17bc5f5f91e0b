import io
from pathlib import Path

import numpy as np
from PIL import Image

from crs_plugin.data.bad_images import BadImage
from crs_plugin.data.images import FileImages
from crs_plugin.data.shards.encoded_image import encoded_image


def test_a_whole_file_stays_as_it_is(tmp_path: Path) -> None:
    Image.new("RGB", (9, 7), "red").save(tmp_path / "a.JPG", quality=30)
    data = (tmp_path / "a.JPG").read_bytes()
    assert encoded_image(FileImages.of(tmp_path, ["a.JPG"]), 0) == (data, ".jpg")


def test_what_a_box_cuts_out_becomes_a_png(tmp_path: Path) -> None:
    Image.new("L", (9, 7), 5).save(tmp_path / "a.png")
    boxes = np.array([[1, 1, 4, 3]], np.float32)
    found = encoded_image(FileImages.of(tmp_path, ["a.png"], boxes), 0)
    assert not isinstance(found, BadImage)
    with Image.open(io.BytesIO(found.data)) as picture:
        assert (picture.format, picture.mode, picture.size) == ("PNG", "L", (4, 3))
    assert found.suffix == ".png"


def test_a_broken_image_is_told_with_its_reason(tmp_path: Path) -> None:
    found = encoded_image(FileImages.of(tmp_path, ["gone.png"]), 0)
    assert found == BadImage(str(tmp_path / "gone.png"), "cannot be read: no such file")
