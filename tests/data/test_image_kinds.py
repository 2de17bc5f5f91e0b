"""Every kind of image file that people have is read as Pillow reads it, or named with a reason."""

import contextlib
import io
import os
import struct
import warnings
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import PIL
import pytest
import torch
from PIL import Image, ImageFile, ImageOps

from crs_plugin.data.dataset import DataError
from crs_plugin.data.images import FileImages
from crs_plugin.image_file import MOST_PIXELS

HEIGHT, WIDTH = 61, 47

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning:PIL")  # as when a set is decoded


def read(path: Path) -> torch.Tensor:
    return FileImages.of(path.parent, [path.name]).read(0)


def noise(mode: str, seed: int = 0, size: tuple[int, int] = (WIDTH, HEIGHT)) -> Image.Image:
    """A picture without any symmetry: a coarse pattern, so that lossy formats keep it."""
    bands = {"L": 1, "RGB": 3, "RGBA": 4, "CMYK": 4, "LA": 2, "YCbCr": 3}.get(mode, 3)
    pixels = np.random.default_rng(seed).integers(0, 256, (6, 6, bands), dtype=np.uint8)
    parts = [Image.fromarray(pixels[..., band]).resize(size) for band in range(bands)]
    if mode in ("P", "1"):
        return Image.merge("RGB", parts).convert(mode)
    return parts[0] if bands == 1 else Image.merge(mode, parts)


def sixteen_bit() -> Image.Image:
    ramp = np.linspace(0, 65535, HEIGHT * WIDTH).astype(np.uint16).reshape(HEIGHT, WIDTH)
    return Image.fromarray(ramp)


def with_transparent_palette() -> Image.Image:
    image = noise("P")
    image.info["transparency"] = bytes(range(256))
    return image


KINDS: dict[str, tuple[Callable[[], Image.Image], str, dict[str, object], str]] = {
    # name of the file → picture, what Pillow saves, and the mode that it is to be read in
    "grey.png": (lambda: noise("L"), "PNG", {}, "L"),
    "grey.jpg": (lambda: noise("L"), "JPEG", {}, "L"),
    "grey with alpha.png": (lambda: noise("LA"), "PNG", {}, "L"),
    "black and white.png": (lambda: noise("1"), "PNG", {}, "L"),
    "fax.tif": (lambda: noise("1"), "TIFF", {"compression": "group4"}, "L"),
    "grey.pgm": (lambda: noise("L"), "PPM", {}, "L"),
    "rgb.png": (lambda: noise("RGB"), "PNG", {}, "RGB"),
    "rgb.jpg": (lambda: noise("RGB"), "JPEG", {}, "RGB"),
    "progressive.jpg": (lambda: noise("RGB"), "JPEG", {"progressive": True}, "RGB"),
    "subsampled.jpeg": (lambda: noise("RGB"), "JPEG", {"subsampling": 2}, "RGB"),
    "rgb.bmp": (lambda: noise("RGB"), "BMP", {}, "RGB"),
    "rgb.ppm": (lambda: noise("RGB"), "PPM", {}, "RGB"),
    "rgba.png": (lambda: noise("RGBA"), "PNG", {}, "RGB"),
    "rgba.tiff": (lambda: noise("RGBA"), "TIFF", {}, "RGB"),
    "lossy.webp": (lambda: noise("RGB"), "WEBP", {}, "RGB"),
    "lossless.webp": (lambda: noise("RGBA"), "WEBP", {"lossless": True}, "RGB"),
    "palette.png": (lambda: noise("P"), "PNG", {}, "RGB"),
    "palette.bmp": (lambda: noise("P"), "BMP", {}, "RGB"),
    "palette.tiff": (lambda: noise("P"), "TIFF", {}, "RGB"),
    "palette.gif": (lambda: noise("P"), "GIF", {}, "RGB"),
    "transparent.png": (with_transparent_palette, "PNG", {}, "RGB"),
    "one transparent.gif": (lambda: noise("P"), "GIF", {"transparency": 3}, "RGB"),
    "cmyk.jpg": (lambda: noise("CMYK"), "JPEG", {}, "RGB"),
    "cmyk.tiff": (lambda: noise("CMYK"), "TIFF", {}, "RGB"),
    "ycbcr.tiff": (lambda: noise("YCbCr"), "TIFF", {}, "RGB"),
    "lzw.tiff": (lambda: noise("RGB"), "TIFF", {"compression": "tiff_lzw"}, "RGB"),
    "jpeg.tiff": (lambda: noise("RGB"), "TIFF", {"compression": "jpeg"}, "RGB"),
    "animated.gif": (
        lambda: noise("P"),
        "GIF",
        {"save_all": True, "append_images": [noise("P", 1)]},
        "RGB",
    ),
    "animated.webp": (
        lambda: noise("RGB"),
        "WEBP",
        {"save_all": True, "append_images": [noise("RGB", 1)], "lossless": True},
        "RGB",
    ),
    "animated.png": (
        lambda: noise("RGB"),
        "PNG",
        {"save_all": True, "append_images": [noise("RGB", 1)]},
        "RGB",
    ),
    "of a phone.jpg": (
        lambda: noise("RGB"),
        "MPO",
        {"save_all": True, "append_images": [noise("RGB", 1)]},
        "RGB",
    ),
    "pages.tiff": (
        lambda: noise("RGB"),
        "TIFF",
        {"save_all": True, "append_images": [noise("RGB", 1)]},
        "RGB",
    ),
    "one pixel.png": (lambda: noise("RGB", size=(1, 1)), "PNG", {}, "RGB"),
    "one pixel.jpg": (lambda: noise("L", size=(1, 1)), "JPEG", {}, "L"),
    "one column.png": (lambda: noise("L", size=(1, 300)), "PNG", {}, "L"),
    "a png.jpg": (lambda: noise("RGB"), "PNG", {}, "RGB"),
    "a jpeg.png": (lambda: noise("RGB"), "JPEG", {}, "RGB"),
    "a webp.jpg": (lambda: noise("RGB"), "WEBP", {}, "RGB"),
    "Zoë – glücklich 笑顔 😀.png": (lambda: noise("RGB"), "PNG", {}, "RGB"),
    "  blanks  and\ttab .png": (lambda: noise("RGB"), "PNG", {}, "RGB"),
}


def saved(folder: Path, name: str) -> Path:
    """Save an image of a kind, and skip the test where Pillow itself cannot read it."""
    made, format_, options, _ = KINDS[name]
    path = folder / name
    made().save(path, format_, **options)
    try:
        with Image.open(path) as opened:
            opened.load()
    except OSError as error:  # early versions: YCbCr in TIFF
        pytest.skip(f"Pillow {PIL.__version__} cannot read the {name} that it wrote: {error}")
    return path


@pytest.mark.parametrize("name", KINDS)
def test_a_kind_of_file_is_read_as_pillow_reads_it(tmp_path: Path, name: str) -> None:
    mode = KINDS[name][-1]
    path = saved(tmp_path, name)
    pixels = read(path)
    with Image.open(path) as opened:
        expected = np.array(opened.convert(mode))
    assert pixels.dtype == torch.uint8
    assert pixels.shape[0] == (1 if mode == "L" else 3)
    assert np.array_equal(pixels.permute(1, 2, 0).numpy().reshape(expected.shape), expected)


@pytest.mark.parametrize("name", ["animated.gif", "animated.webp", "animated.png", "pages.tiff"])
def test_the_frame_is_the_first(tmp_path: Path, name: str) -> None:
    made = KINDS[name][0]
    assert np.array_equal(
        read(saved(tmp_path, name)).permute(1, 2, 0).numpy(), np.array(made().convert("RGB"))
    )


@pytest.mark.parametrize(
    ("suffix", "options"), [("png", {}), ("tiff", {}), ("tiff", {"compression": "tiff_lzw"})]
)
def test_16_bit_grey_keeps_its_upper_byte(
    tmp_path: Path, suffix: str, options: dict[str, object]
) -> None:
    image = sixteen_bit()
    image.save(tmp_path / f"a.{suffix}", **options)
    assert np.array_equal(read(tmp_path / f"a.{suffix}")[0].numpy(), np.asarray(image) >> 8)


def test_16_bit_grey_of_netpbm_keeps_its_upper_byte(tmp_path: Path) -> None:
    values = np.asarray(sixteen_bit())
    head = f"P5 {WIDTH} {HEIGHT} 65535\n".encode()
    (tmp_path / "a.pgm").write_bytes(head + values.astype(">u2").tobytes())
    assert np.array_equal(read(tmp_path / "a.pgm")[0].numpy(), values >> 8)


def test_16_bit_colour_keeps_its_upper_byte(tmp_path: Path) -> None:
    values = np.random.default_rng(0).integers(0, 65536, (HEIGHT, WIDTH, 3)).astype(">u2")
    rows = b"".join(b"\0" + row.tobytes() for row in values)
    path = tmp_path / "a.png"
    path.write_bytes(png(WIDTH, HEIGHT, rows, depth=16, colour=2))
    assert np.array_equal(read(path).permute(1, 2, 0).numpy(), (values >> 8).astype(np.uint8))


@pytest.mark.parametrize("name", ["a.jpg", "a.png", "a.webp", "a.tiff"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_exif_orientation_turns_an_image_upright(
    tmp_path: Path, name: str, orientation: int
) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    path = tmp_path / name
    lossless = {"lossless": True} if name.endswith("webp") else {}
    noise("RGB").save(path, exif=exif, **lossless)
    with Image.open(path) as opened:
        expected = np.array(ImageOps.exif_transpose(opened))
    assert expected.shape[:2] == ((HEIGHT, WIDTH) if orientation < 5 else (WIDTH, HEIGHT))
    assert np.array_equal(read(path).permute(1, 2, 0).numpy(), expected)


@pytest.mark.parametrize(
    "exif", [b"Exif\0\0rubbish", b"Exif\0\0II*\0\xff\xff\xff\xff", b"Exif\0\0MM\0*\0\0\0\x08\0\x01"]
)
def test_an_image_with_broken_exif_is_read_as_it_lies(tmp_path: Path, exif: bytes) -> None:
    noise("L").save(tmp_path / "plain.jpg")
    noise("L").save(tmp_path / "broken.jpg", exif=exif)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Pillow's, of the broken EXIF
        assert torch.equal(read(tmp_path / "broken.jpg"), read(tmp_path / "plain.jpg"))


def test_exif_that_cannot_be_written_again_still_turns_the_image(tmp_path: Path) -> None:
    # Orientation 6, then an entry whose value lies beyond the end, as editors leave behind.
    entries = struct.pack("<HHII", 0x0112, 3, 1, 6) + struct.pack("<HHII", 0x010F, 2, 900, 9000)
    exif = b"Exif\0\0II*\0" + struct.pack("<IH", 8, 2) + entries + b"\0\0\0\0"
    noise("L").save(tmp_path / "a.jpg", exif=exif)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert read(tmp_path / "a.jpg").shape == (1, WIDTH, HEIGHT)


def png(width: int, height: int, rows: bytes = b"", *, depth: int = 8, colour: int = 0) -> bytes:
    """A PNG file with any header."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        )

    head = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    body = chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + body


def bmp(width: int, height: int) -> bytes:
    info = struct.pack("<IiiHHIIiiII", 40, width, height, 1, 24, 0, 0, 0, 0, 0, 0)
    return b"BM" + struct.pack("<IHHI", 54, 0, 0, 54) + info


def jpeg(width: int, height: int) -> bytes:
    buffer = io.BytesIO()
    noise("L").save(buffer, "JPEG")
    data = bytearray(buffer.getvalue())
    place = data.index(b"\xff\xc0") + 5
    data[place : place + 4] = struct.pack(">HH", height, width)
    return bytes(data)


def gif(width: int, height: int) -> bytes:
    buffer = io.BytesIO()
    noise("P").save(buffer, "GIF")
    data = bytearray(buffer.getvalue())
    data[6:10] = struct.pack("<HH", width, height)
    return bytes(data)


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("a.png", png(10_000, 9_000)),
        ("a.png", png(20_000, 20_000)),
        ("a.png", png(2**31 - 1, 2**31 - 1)),
        ("a.bmp", bmp(30_000, 30_000)),
        ("a.jpg", jpeg(65_500, 65_500)),
        ("a.gif", gif(65_535, 65_535)),
        ("a.ppm", b"P6 100000 100000 255\n"),
    ],
)
@pytest.mark.parametrize("strict", [False, True])
def test_a_very_large_image_is_refused_by_its_header(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, data: bytes, strict: bool
) -> None:
    def decoding(*_: object) -> None:
        pytest.fail("was decoded")

    monkeypatch.setattr(ImageFile.ImageFile, "load", decoding)
    (tmp_path / name).write_bytes(data)
    with warnings.catch_warnings():
        warnings.simplefilter("error" if strict else "ignore")
        message = rf"{name}: cannot be read: .*more than the {MOST_PIXELS:,} pixels.*shrink it"
        with pytest.raises(DataError, match=message):
            read(tmp_path / name)


@pytest.mark.parametrize(
    ("name", "data", "reason"),
    [
        ("empty.png", b"", "it is empty (0 bytes)"),
        ("page.jpg", b"<!DOCTYPE html><html>", "cannot identify image file"),
        ("page.jpg", b"<!DOCTYPE html><html>", "it begins with b'<!DOCTYPE html>"),
        ("script.jpg", b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", "cannot identify"),
        ("head.jpg", b"\xff\xd8\xff\xe0", "cannot identify"),
        ("head.png", png(4, 4)[:20], "runcated"),
        ("none.png", png(4, 0, b""), "cannot identify"),
        ("nothing.ppm", b"P6 0 3 255\n", "cannot identify"),
        ("absurd.png", png(9_000, 9_000, b"\0abcd"), "truncated"),
        ("negative.bmp", bmp(-5, 5), ""),
    ],
)
def test_a_broken_file_names_itself_and_the_reason(
    tmp_path: Path, name: str, data: bytes, reason: str
) -> None:
    (tmp_path / name).write_bytes(data)
    with pytest.raises(DataError) as raised:
        read(tmp_path / name)
    message = str(raised.value)
    assert message.startswith(f"{tmp_path / name}: cannot be read: ")
    assert reason in message
    assert message.count(name) == 1
    assert "\n" not in message


CUT = [name for name in KINDS if "pixel" not in name]


@pytest.mark.parametrize("share", [0.02, 0.2, 0.5, 0.8, 0.95])
@pytest.mark.parametrize("name", CUT)
def test_a_cut_file_is_refused_or_has_lost_nothing(tmp_path: Path, name: str, share: float) -> None:
    path = saved(tmp_path, name)
    whole, data = read(path), path.read_bytes()
    path.write_bytes(data[: int(len(data) * share)])
    with contextlib.suppress(DataError):
        assert torch.equal(read(path), whole)


def test_32_bit_numbers_are_refused(tmp_path: Path) -> None:
    Image.fromarray(np.array([[0, 70_000]], dtype=np.int32)).save(tmp_path / "a.tiff")
    with pytest.raises(
        DataError, match=r"a\.tiff: .*whole numbers beyond 16 bits.*save it as 8-bit"
    ):
        read(tmp_path / "a.tiff")


def test_folders_and_pipes_are_no_images(tmp_path: Path) -> None:
    (tmp_path / "folder.png").mkdir()
    os.mkfifo(tmp_path / "pipe.png")
    for name in ("folder.png", "pipe.png"):
        with pytest.raises(DataError, match=f"{name}: cannot be read: it is a .*, not a file"):
            read(tmp_path / name)


def test_links_are_followed_wherever_they_lead(tmp_path: Path) -> None:
    elsewhere, here = tmp_path / "elsewhere", tmp_path / "here"
    elsewhere.mkdir()
    here.mkdir()
    noise("RGB").save(elsewhere / "face.png")
    (here / "out.png").symlink_to(elsewhere / "face.png")
    (here / "twice.png").symlink_to("out.png")
    assert torch.equal(read(here / "out.png"), read(elsewhere / "face.png"))
    assert torch.equal(read(here / "twice.png"), read(elsewhere / "face.png"))


def test_a_link_that_leads_nowhere_says_where(tmp_path: Path) -> None:
    (tmp_path / "a.png").symlink_to("gone/face.png")
    (tmp_path / "round.png").symlink_to("round.png")
    with pytest.raises(DataError, match=r"a\.png: .*a link to gone/face\.png, which is not there"):
        read(tmp_path / "a.png")
    with pytest.raises(DataError, match=r"round\.png: cannot be read: Too many levels"):
        read(tmp_path / "round.png")


def test_a_name_that_is_not_unicode(tmp_path: Path) -> None:
    name = os.fsdecode(b"caf\xe9.png")
    try:
        noise("RGB").save(tmp_path / name)
    except OSError:
        pytest.skip("this file system has no such names")
    assert read(tmp_path / name).shape == (3, HEIGHT, WIDTH)


def test_what_lies_in_the_file_beside_the_image_does_not_change_it(tmp_path: Path) -> None:
    noise("RGB").save(tmp_path / "plain.png")
    data = (tmp_path / "plain.png").read_bytes()
    (tmp_path / "more.png").write_bytes(data + b"rubbish" * 100)
    assert torch.equal(read(tmp_path / "more.png"), read(tmp_path / "plain.png"))
