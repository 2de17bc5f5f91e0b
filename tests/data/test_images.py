from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from crs_plugin.data.dataset import DataError
from crs_plugin.data.images import (
    ArrayImages,
    FileImages,
    is_image_name,
    picture_of,
    pixels_of,
)


def read(path: Path, box: list[float] | None = None, margin: float = 0.0) -> torch.Tensor:
    boxes = None if box is None else np.array([box], np.float32)
    return FileImages.of(path.parent, [path.name], boxes, margin=margin).read(0)


def save(image: Image.Image, path: Path, **options: object) -> Path:
    image.save(path, **options)
    return path


RED = Image.new("RGB", (4, 3), (255, 0, 0))


@pytest.mark.parametrize(
    ("image", "file", "channels"),
    [
        (Image.new("L", (4, 3), 7), "a.png", 1),
        (Image.new("1", (4, 3), 1), "a.png", 1),
        (Image.new("LA", (4, 3), (7, 100)), "a.png", 1),
        (Image.new("I;16", (4, 3), 7 * 256), "a.png", 1),
        (RED, "a.bmp", 3),
        (RED.convert("RGBA"), "a.png", 3),
        (RED.convert("P"), "a.gif", 3),
        (RED.convert("CMYK"), "a.tiff", 3),
    ],
)
def test_every_mode_becomes_grey_or_rgb(
    tmp_path: Path, image: Image.Image, file: str, channels: int
) -> None:
    pixels = read(save(image, tmp_path / file))
    assert pixels.dtype == torch.uint8
    assert pixels.shape == (channels, 3, 4)
    if channels == 3:
        assert (pixels - torch.tensor([255, 0, 0]).view(3, 1, 1)).abs().max() <= 2
    elif image.mode != "1":
        assert (pixels == 7).all()


def test_transparent_palette_becomes_rgb(tmp_path: Path) -> None:
    path = save(RED.convert("P"), tmp_path / "a.png", transparency=b"\x00\x80")
    assert read(path).shape == (3, 3, 4)


def test_16_bit_grey_keeps_its_range(tmp_path: Path) -> None:
    ramp = np.array([[0, 255, 256, 65535]], dtype=np.uint16)
    pixels = read(save(Image.fromarray(ramp), tmp_path / "a.png"))
    assert pixels.tolist() == [[[0, 0, 1, 255]]]


def test_exif_orientation_turns_the_image_upright(tmp_path: Path) -> None:
    image = Image.fromarray(np.array([[10, 20, 30]], dtype=np.uint8))
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned by 90° clockwise
    pixels = read(save(image, tmp_path / "a.png", exif=exif))
    assert pixels.tolist() == [[[10], [20], [30]]]


def test_first_frame_of_an_animation(tmp_path: Path) -> None:
    frames = [Image.new("RGB", (2, 2), colour) for colour in ((255, 0, 0), (0, 0, 255))]
    pixels = read(save(frames[0], tmp_path / "a.gif", save_all=True, append_images=frames[1:]))
    assert pixels[:, 0, 0].tolist() == [255, 0, 0]


def test_box_is_cut_out_and_clipped_to_the_image(tmp_path: Path) -> None:
    grid = np.arange(16, dtype=np.uint8).reshape(4, 4)
    path = save(Image.fromarray(grid), tmp_path / "a.png")
    assert read(path, [1, 2, 2, 1]).tolist() == [grid[2:3, 1:3].tolist()]
    assert read(path, [-1, -1, 3, 2]).tolist() == [grid[0:1, 0:2].tolist()]


def test_margin_grows_the_box_up_to_the_edge(tmp_path: Path) -> None:
    grid = np.arange(100, dtype=np.uint8).reshape(10, 10)
    path = save(Image.fromarray(grid), tmp_path / "a.png")
    inside = read(path, [4, 3, 2, 4], margin=0.5)
    assert inside.tolist() == [grid[1:9, 3:7].tolist()]  # twice as wide, twice as high
    assert read(path, [0, 7, 4, 3], margin=1).tolist() == [grid[4:10, 0:8].tolist()]


def test_margin_does_not_bring_an_outside_box_in(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"box x=-3, .*no pixel in an image of 4×3"):
        read(save(RED, tmp_path / "a.png"), [-3, 0, 3, 3], margin=1)


@pytest.mark.parametrize(
    "box",
    [[float("nan"), 0, 2, 2], [0, 0, float("inf"), 2], [9, 0, 2, 2], [0, 0, 0, 2], [0, 0, -1, 2]],
)
def test_box_without_pixels_is_an_error(tmp_path: Path, box: list[float]) -> None:
    path = save(RED, tmp_path / "a.png")
    with pytest.raises(DataError, match=r"a\.png: .*box x=.*no pixel in an image of 4×3"):
        read(path, box)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"/gone\.png: cannot be read: no such file$"):
        read(tmp_path / "gone.png")


def test_floating_point_images_are_refused(tmp_path: Path) -> None:
    path = save(Image.new("F", (2, 2), 0.5), tmp_path / "a.tiff")
    with pytest.raises(DataError, match="floating-point"):
        read(path)


def test_take_keeps_paths_and_boxes_together(tmp_path: Path) -> None:
    boxes = np.arange(12, dtype=np.float32).reshape(3, 4)
    images = FileImages.of(tmp_path, ["a.png", "sub/ü.png", "c.png"], boxes)
    taken = images.take(np.array([1, 0]))
    assert [taken.name(i) for i in range(2)] == [
        str(tmp_path / "sub/ü.png"),
        str(tmp_path / "a.png"),
    ]
    assert taken.boxes is not None
    assert taken.boxes[:, 0].tolist() == [4, 0]
    assert len(images.take(np.array([], dtype=np.int64))) == 0


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"boxes": np.zeros((1, 4)), "landmarks": np.zeros((1, 5, 2))}, "not by both"),
        ({"landmarks": np.zeros((1, 10))}, r"landmarks must be \[N, 5, 2\], not \[1, 10\]"),
        ({"margin": -0.1}, "margin must be a finite number ≥ 0"),
        ({"margin": float("inf")}, "margin must be a finite number ≥ 0"),
    ],
)
def test_what_cuts_faces_out_is_checked(options: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        FileImages.of(Path("x"), ["a.png"], **options)  # type: ignore[arg-type]


def test_array_images() -> None:
    pixels = np.arange(2 * 3 * 4, dtype=np.uint8).reshape(2, 3, 2, 2)
    images = ArrayImages(pixels, np.array([2, 5]), Path("set.csv"))
    last = images.take(np.array([1]))
    assert torch.equal(last.read(0), torch.from_numpy(pixels[1]))
    assert last.name(0) == "set.csv:5"


@pytest.mark.parametrize("shape", [(2, 4, 4), (2, 2, 4, 4)])
def test_array_images_check_their_shape(shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match=r"pixels must be \[N, 1\|3, H, W\]"):
        ArrayImages(np.zeros(shape, np.uint8), np.zeros(2, np.int64), Path("x"))


def test_array_images_check_their_type() -> None:
    with pytest.raises(TypeError, match="uint8, not float32"):
        ArrayImages(np.zeros((1, 1, 2, 2), np.float32), np.zeros(1, np.int64), Path("x"))  # type: ignore[arg-type]


def test_images_are_known_by_their_suffix() -> None:
    assert [is_image_name(name) for name in ("a.JPG", "a.tiff", "a.txt", "png")] == [1, 1, 0, 0]


@pytest.mark.parametrize("channels", [1, 3])
def test_pixels_and_pictures_are_one_another(channels):
    pixels = torch.randint(0, 256, (channels, 3, 5), dtype=torch.uint8)
    assert picture_of(pixels).size == (5, 3)
    assert torch.equal(pixels_of(picture_of(pixels)), pixels)
