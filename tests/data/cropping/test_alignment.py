import math
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image, ImageDraw

from crs_plugin.data.cropping.alignment import MOST_SIDE, TEMPLATE, TEMPLATE_SIDE, aligned
from crs_plugin.data.dataset import DataError
from crs_plugin.data.decoding import decode
from crs_plugin.data.images import FileImages
from crs_plugin.data.layouts.records import Records
from crs_plugin.expressions import fine_id

PLACES = np.array(TEMPLATE)


def moved(angle: float, scale: float, shift: tuple[float, float]) -> np.ndarray:
    """The template's places after a similarity, as [5, 2]."""
    turn = np.array(
        [[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]], np.float64
    )
    return scale * (PLACES - 56) @ turn.T + np.array(shift)


def with_spots(size: tuple[int, int], points: np.ndarray, radius: float) -> Image.Image:
    """A grey photo with a soft bright spot at each point (the first pixel's centre is 0, 0)."""
    y, x = np.mgrid[0 : size[1], 0 : size[0]]
    photo = np.full(size[::-1], 20.0)
    for px, py in points:
        photo += 200 * np.exp(-((x - px) ** 2 + (y - py) ** 2) / (2 * radius**2))
    return Image.fromarray(photo.clip(0, 255).astype(np.uint8))


def spots_in(crop: np.ndarray, near: np.ndarray, reach: int) -> np.ndarray:
    """The centres of gravity of the spots in a crop, each looked for around its place."""
    found = []
    for px, py in near:
        left, top = round(px) - reach, round(py) - reach
        part = crop[top : top + 2 * reach + 1, left : left + 2 * reach + 1].astype(np.float64) - 20
        y, x = np.mgrid[top : top + part.shape[0], left : left + part.shape[1]]
        found.append([(x * part).sum() / part.sum(), (y * part).sum() / part.sum()])
    return np.array(found)


@pytest.mark.parametrize("angle", [0.0, 0.4, -1.2, math.pi])
@pytest.mark.parametrize("scale", [0.7, 1.0, 3.3])
def test_landmarks_land_on_the_template(tmp_path: Path, angle: float, scale: float) -> None:
    points = moved(angle, scale, (260, 230))
    with_spots((500, 470), points, 2.2 * scale).save(tmp_path / "a.png")
    images = FileImages.of(tmp_path, ["a.png"], landmarks=points[None].astype(np.float32))
    assert images.read(0).shape == (1, *[round(TEMPLATE_SIDE * scale)] * 2)
    records = Records("spots", tmp_path)
    records.add("a.png", fine_id("fear"), "all", landmarks=points.ravel().tolist())
    crop = decode(records.dataset(), TEMPLATE_SIDE)[0, 0].numpy()
    assert np.abs(spots_in(crop, PLACES, 6) - PLACES).max() < 0.5


def test_a_known_similarity_is_undone() -> None:
    photo = Image.new("L", (112, 112), 60)
    draw = ImageDraw.Draw(photo)
    for place, (x, y) in enumerate(TEMPLATE):
        draw.ellipse((x - 9, y - 7, x + 9, y + 7), fill=90 + 30 * place)
    photo = photo.resize((448, 448), Image.Resampling.BICUBIC)
    turned = photo.rotate(25, Image.Resampling.BICUBIC, fillcolor=60)  # against the clock
    points = (PLACES + 0.5) * 4 - 0.5
    centre, angle = 223.5, math.radians(-25)
    turn = np.array([[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]])
    crop = aligned(turned, ((points - centre) @ turn.T + centre).astype(np.float32))
    assert crop.size == (448, 448)
    middle = np.s_[90:358, 90:358]
    difference = np.abs(np.asarray(crop).astype(int) - np.asarray(photo).astype(int))[middle]
    assert difference.mean() < 0.5
    assert np.quantile(difference, 0.99) < 8


def test_the_fit_is_the_least_squares_one() -> None:
    """Moving any of the four parameters a little fits worse, for landmarks off the template."""
    from crs_plugin.data.cropping.alignment import _complex, _placed, _similarity

    noise = np.random.default_rng(0).normal(0, 4, (5, 2))
    points, template = _complex(moved(0.3, 2, (100, 90)) + noise), _placed(0.0)

    def misfit(factor: complex, shift: complex) -> float:
        return float((abs(factor * points + shift - template) ** 2).sum())

    factor, shift = _similarity(points, template)
    best = misfit(factor, shift)
    for step in (1e-4, -1e-4, 1e-4j, -1e-4j):
        assert misfit(factor + step / 100, shift) > best
        assert misfit(factor, shift + step) > best


def test_colour_stays_and_outside_is_black() -> None:
    photo = Image.new("RGB", (60, 112), (200, 100, 50))
    crop = np.asarray(aligned(photo, PLACES.astype(np.float32)))
    assert crop.shape == (112, 112, 3)
    assert (crop[:, :55] == [200, 100, 50]).all()
    assert (crop[:, 65:] == 0).all()


def test_margin_shows_more_around_the_face() -> None:
    photo = with_spots((400, 400), moved(0, 1, (200, 200)), 3)
    crop = aligned(photo, moved(0, 1, (200, 200)).astype(np.float32), margin=0.25)
    assert crop.size == (168, 168)
    assert np.abs(spots_in(np.asarray(crop), PLACES + 28, 6) - PLACES - 28).max() < 0.5


def test_a_very_large_face_is_shrunk_with_antialias() -> None:
    """Stripes of one pixel become grey, where picking pixels would leave stripes."""
    stripes = np.zeros((2300, 2300), np.uint8)
    stripes[:, ::2] = 200
    points = (PLACES + 0.5) * 20 - 0.5
    crop = np.asarray(aligned(Image.fromarray(stripes), points.astype(np.float32)))
    assert crop.shape == (MOST_SIDE, MOST_SIDE)
    assert np.abs(crop[100:900, 100:900].astype(int) - 100).max() < 40
    assert crop[100:900, 100:900].mean() == pytest.approx(100, abs=1)


MIRRORED = PLACES * [-1, 1] + [112, 0]
SWAPPED = PLACES[[1, 0, 2, 4, 3]]


@pytest.mark.parametrize(
    ("points", "reason"),
    [
        (MIRRORED, "landmarks are mirrored: .* left eye, right eye, nose tip, left mouth corner"),
        (SWAPPED, "landmarks are mirrored"),
        (SWAPPED[:, ::-1] * [1, -1] + [0, 112], "landmarks are mirrored"),
        (np.full((5, 2), 50.0), "landmarks coincide"),
        (50 + PLACES / 1000, "landmarks coincide"),
        (np.arange(10.0).reshape(5, 2) * 5, "landmarks lie on one line"),
        (PLACES * [1, 0] + [0, 50], "landmarks lie on one line"),
        (PLACES + 500, "landmarks are outside of an image of 112×112"),
        (PLACES * [1, np.nan], "landmarks are not all given as finite numbers"),
        (PLACES * np.inf, "landmarks are not all given as finite numbers"),
    ],
)
def test_landmarks_that_show_no_face_are_refused(
    tmp_path: Path, points: np.ndarray, reason: str
) -> None:
    Image.new("L", (112, 112)).save(tmp_path / "a.png")
    images = FileImages.of(tmp_path, ["a.png"], landmarks=points[None].astype(np.float32))
    with pytest.raises(DataError, match=rf"/a\.png: cannot be read: its {reason}"):
        images.read(0)


def test_a_face_upside_down_or_at_the_edge_is_aligned() -> None:
    photo = Image.new("L", (112, 112), 9)
    assert aligned(photo, (112 - PLACES).astype(np.float32)).size == (112, 112)
    assert aligned(photo, (PLACES + 55).astype(np.float32)).size == (112, 112)


def test_a_face_far_larger_than_its_photo_takes_no_more_memory() -> None:
    huge = (PLACES - PLACES[0]) * 1e4 + 50
    crop = aligned(Image.new("L", (112, 112), 9), huge.astype(np.float32))
    assert crop.size == (MOST_SIDE, MOST_SIDE)


def test_take_keeps_landmarks_with_their_images() -> None:
    points = np.arange(30, dtype=np.float32).reshape(3, 5, 2)
    taken = FileImages.of(Path("x"), list("abc"), landmarks=points, margin=0.1).take(
        np.array([2, 0])
    )
    assert taken.landmarks is not None
    assert taken.landmarks[:, 0, 0].tolist() == [20, 0]
    assert taken.margin == 0.1


def test_the_orientation_comes_before_the_landmarks(tmp_path: Path) -> None:
    points = moved(0, 1, (80, 120))
    upright = with_spots((160, 240), points, 2.2)
    exif = Image.Exif()
    exif[0x0112] = 6
    upright.transpose(Image.Transpose.ROTATE_90).save(tmp_path / "a.png", exif=exif)
    crop = FileImages.of(tmp_path, ["a.png"], landmarks=points[None].astype(np.float32)).read(0)
    assert torch.is_tensor(crop)
    assert np.abs(spots_in(crop[0].numpy(), PLACES, 6) - PLACES).max() < 0.5
