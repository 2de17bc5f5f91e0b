"""Images in shards are read as those in files are, whatever they are."""

from io import BytesIO

import numpy as np
import pytest
import torch
from made_shards import png, write_tar
from PIL import Image

from crs_plugin.data import DataError
from crs_plugin.data.dataset import Images
from crs_plugin.data.datasets.shards import shards
from crs_plugin.data.images import FileImages


def saved(image: Image.Image, kind: str, **options: object) -> bytes:
    file = BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def turned() -> bytes:
    exif = Image.Exif()
    exif[0x0112] = 6
    return saved(Image.new("RGB", (6, 4), "red"), "JPEG", exif=exif)


DEEP = Image.fromarray(np.arange(64, dtype=np.uint16).reshape(8, 8) * 1000)

IMAGES = {
    "grey.png": png(0),
    "turned.jpg": turned(),
    "deep.png": saved(DEEP, "PNG"),
    "clear.png": saved(Image.new("RGBA", (5, 5)), "PNG"),
    "palette.gif": saved(Image.new("P", (5, 3)), "GIF"),
    "empty.png": b"",
    "cut.png": png(1)[:60],
    "none.jpg": b"no image at all",
    "program.jpg": b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 10 10\n",
}


def read(images: Images) -> torch.Tensor | str:
    """The image, or what is said of it after its name."""
    try:
        return images.read(0)
    except DataError as error:
        return str(error).removeprefix(images.name(0))


@pytest.mark.parametrize("name", IMAGES)
def test_images_are_read_as_in_files(name, tmp_path) -> None:
    write_tar(tmp_path / "data" / "0.tar", {name: IMAGES[name]})
    (tmp_path / name).write_bytes(IMAGES[name])
    images = shards(root=tmp_path / "data", label_field=None).images
    expected, found = read(FileImages.of(tmp_path, [name])), read(images)
    assert images.encoded(0) == IMAGES[name]
    if isinstance(expected, str):
        assert found == expected
        assert found.startswith(": cannot be read: ")
    else:
        assert torch.equal(found, expected)


def test_a_shard_that_is_gone_is_named(tmp_path) -> None:
    path = write_tar(tmp_path / "data" / "0.tar", {"a.png": png(0)})
    images = shards(root=tmp_path / "data", label_field=None).images
    path.unlink()
    with pytest.raises(DataError, match=r"0\.tar: no such file"):
        images.read(0)


def test_fingerprints_follow_from_the_bytes_alone(tmp_path) -> None:
    write_tar(tmp_path / "one" / "0.tar", {"a.png": png(0), "b.png": png(1)})
    write_tar(tmp_path / "other" / "9.tar", {"x.png": png(1), "y.png": png(0)})
    one, other = (shards(root=tmp_path / n, label_field=None).images for n in ("one", "other"))
    assert one.fingerprints().tolist() == other.fingerprints().tolist()[::-1]
    assert len(set(one.fingerprints().tolist())) == 2
