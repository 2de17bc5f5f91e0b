from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from crs_plugin.data import DataError
from crs_plugin.data.layouts.box_extent import check_box_extent

CORNERS = (2, 4, 7, 8)  # in images of 10 × 10


def boxed(folder_of, *boxes):
    names = [f"{number}.png" for number in range(len(boxes))]
    return replace(folder_of(*names).images, boxes=np.array(boxes, np.float32))


def test_most_boxes_decide(folder_of):
    inside = (2, 2, 8, 8)
    check_box_extent(boxed(folder_of, inside, CORNERS), "list.csv", "boxes")
    with pytest.raises(DataError, match=r"list\.csv: 2 of 3 boxes .* 'boxes' needs x, y, width"):
        check_box_extent(boxed(folder_of, inside, CORNERS, CORNERS), "list.csv", "boxes")


def test_boxes_may_reach_out_a_little(folder_of):
    check_box_extent(boxed(folder_of, (-1, -1, 12, 12), (2, 0, 9, 11)), "list.csv", "boxes")


def test_images_that_cannot_be_read_say_nothing(folder_of):
    images = folder_of("broken.png", "gone.png").images
    images = replace(images, boxes=np.array([CORNERS, CORNERS], np.float32))
    (images.root / "gone.png").unlink()
    check_box_extent(images, "list.csv", "boxes")


def test_of_many_images_some_are_looked_at(folder_of, monkeypatch):
    seen = []
    monkeypatch.setattr(
        "crs_plugin.data.layouts.box_extent.upright_size",
        lambda path: seen.append(path) or (10, 10),
    )
    check_box_extent(boxed(folder_of, *[(0, 0, 5, 5)] * 100), "list.csv", "boxes")
    assert len(seen) == 32


def test_an_image_counts_as_upright(folder_of):
    images = boxed(folder_of, (0, 0, 20, 30))
    picture = Image.new("L", (30, 20))
    exif = picture.getexif()
    exif[0x0112] = 6
    picture.save(images.name(0), exif=exif)
    check_box_extent(images, "list.csv", "boxes")
    with pytest.raises(DataError, match="of 20×30"):
        check_box_extent(replace(images, boxes=images.boxes + 9), "list.csv", "boxes")
