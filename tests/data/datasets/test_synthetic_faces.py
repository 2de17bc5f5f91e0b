from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from crs_plugin.data.dataset import BulkImages
from crs_plugin.data.datasets.synthetic_faces import feature_shapes, renderer, synthetic_faces
from crs_plugin.data.datasets.synthetic_faces.action_units import PROTOTYPES, UNITS, ActionUnits
from crs_plugin.data.datasets.synthetic_faces.canvas import EXTENT
from crs_plugin.data.datasets.synthetic_faces.draws import Draws
from crs_plugin.data.datasets.synthetic_faces.identity import Identity, draw_identities
from crs_plugin.data.datasets.synthetic_faces.setting import (
    STYLES,
    DomainStyle,
    draw_settings,
)
from crs_plugin.errors import InputError
from crs_plugin.expressions import ALL_EXPRESSIONS, COMPOUND_EXPRESSIONS, EXPRESSIONS
from crs_plugin.registry import registry

PLAIN = DomainStyle(
    intensity=(1, 1),
    talking=0,
    glasses=0,
    beards=0,
    shift=0,
    roll=0,
    yaw=0,
    zoom=(1, 1),
    gamma=(1, 1),
    shade=0,
    tint=0,
    grain=0,
    clutter=0,
    grey=0,
    hidden=0,
    outline=0,
)


def one_person(count: int) -> Identity:
    """One bald, young person with blue lips, who is easy to measure."""
    person = draw_identities(Draws((3,), 1), glasses=0, beards=0).take(np.zeros(count, np.int64))
    ones = np.ones((count, 1), np.float32)
    return replace(
        person,
        lips=ones * np.array([0, 0, 1], np.float32),
        skin=ones * np.array([0.8, 0.6, 0.5], np.float32),
        hair_style=np.zeros(count, np.int64),
        age=np.zeros(count, np.float32),
    )


def of_units(rows: Sequence[Mapping[int, float]]) -> ActionUnits:
    """Faces with exactly these units, the same on both sides."""
    values = np.zeros((len(rows), 2, len(UNITS)), np.float32)
    for row, units in zip(values, rows, strict=True):
        for unit, intensity in units.items():
            row[:, list(UNITS).index(unit)] = intensity
    return ActionUnits(values)


def portraits(*units: dict[int, float], size: int = 96) -> NDArray[np.int16]:
    """Pictures of one person, frontal and before a plain wall, with these action units."""
    count = len(units)
    same = np.zeros(count, np.int64)
    setting = draw_settings(Draws((5,), 1), PLAIN).take(same)
    scenes = renderer.Scenes(of_units(units), one_person(count), setting)
    return renderer.render(scenes, size).astype(np.int16)


def row_of(y: float, size: int = 96) -> int:
    return round((y / EXTENT + 1) * size / 2)


def test_registered_with_bounded_options() -> None:
    component = registry.get("dataset", "synthetic_faces")
    assert component.target is synthetic_faces
    assert set(component.options()) >= {"domain", "expressions", "size", "train", "test", "seed"}


@pytest.mark.parametrize("size", [16, 33, 64])
def test_pictures_are_uint8_rgb_with_contrast(size: int) -> None:
    images = synthetic_faces(size=size, train=12, test=4).images
    assert isinstance(images, BulkImages)
    assert images.read(3).shape == (3, size, size)
    assert images.read(3).dtype == torch.uint8
    everything = images.read_all(size)
    assert everything.shape == (16, 3, size, size)
    assert everything.float().std(dim=(1, 2, 3)).min() > 15


@pytest.mark.parametrize("domain", ["wild", "lab"])
def test_a_picture_depends_on_itself_alone(domain: str) -> None:
    images = synthetic_faces(domain=domain, train=70, test=0).images
    alone = torch.stack([images.read(i) for i in (0, 7, 69)])
    together = images.read_all(64)
    shuffled = images.take(np.array([69, 7, 0])).read_all(64).flip(0)
    assert torch.equal(alone, together[[0, 7, 69]])
    assert torch.equal(shuffled, alone)


def test_a_longer_set_begins_with_the_shorter_one() -> None:
    short, long = synthetic_faces(train=10, test=6), synthetic_faces(train=25, test=9)
    assert torch.equal(
        short.in_split("train").images.read_all(32),
        long.in_split("train").images.read_all(32)[:10],
    )
    assert torch.equal(
        short.in_split("test").images.read_all(32), long.in_split("test").images.read_all(32)[:6]
    )
    assert (short.in_split("test").fine == long.in_split("test").fine[:6]).all()


def test_the_seed_makes_another_world() -> None:
    first, again, other = (
        synthetic_faces(train=8, test=0, seed=seed).images.read_all(32).float()
        for seed in (0, 0, 1)
    )
    assert torch.equal(first, again)
    assert ((first - other).abs().mean(dim=(1, 2, 3)) > 5).all()


def test_train_and_test_show_different_pictures() -> None:
    dataset = synthetic_faces(train=8, test=8)
    train, test = (dataset.in_split(s).images.read_all(32).float() for s in ("train", "test"))
    assert ((train - test).abs().mean(dim=(1, 2, 3)) > 5).all()


def test_global_generators_stay_as_they_are() -> None:
    np.random.seed(3)
    torch.manual_seed(3)
    expected = np.random.random(), torch.rand(1)
    np.random.seed(3)
    torch.manual_seed(3)
    synthetic_faces(train=8, test=2).images.read_all(32)
    assert (np.random.random(), torch.rand(1)) == expected


@pytest.mark.parametrize("domain", ["wild", "lab"])
@pytest.mark.parametrize(
    ("expressions", "names"), [("basic", EXPRESSIONS), ("compound", COMPOUND_EXPRESSIONS)]
)
def test_labels_splits_and_subjects(domain: str, expressions: str, names: tuple[str, ...]) -> None:
    dataset = synthetic_faces(domain=domain, expressions=expressions, valid=100)
    assert dataset.expressions == names
    assert dataset.fine.dtype == np.int16
    assert dataset.split.dtype == np.int8
    assert dataset.subject.dtype == np.int32
    persons = [set(dataset.in_split(s).subject.tolist()) for s in ("train", "valid", "test")]
    assert all(persons)
    assert sum(map(len, persons)) == len(set.union(*persons))
    for split in ("train", "test"):
        numbers = dataset.counts()[split]
        assert set(numbers) == set(names)
        assert max(numbers.values()) < 3 * min(numbers.values())


def test_the_lab_has_many_persons_who_pose_every_expression() -> None:
    dataset = synthetic_faces(domain="lab").in_split("train")
    persons = np.unique(dataset.subject)
    assert len(persons) >= 40
    for person in persons:
        assert set(dataset.fine[dataset.subject == person].tolist()) == set(range(8))


def test_taking_is_lazy_and_keeps_the_order(monkeypatch: pytest.MonkeyPatch) -> None:
    dataset = synthetic_faces(train=20, test=5)
    expected = torch.stack([dataset.images.read(i) for i in (22, 3)])
    with monkeypatch.context() as patch:
        patch.setattr(renderer, "render", None)
        taken = dataset.take(np.array([22, 3]))
        assert len(taken.images) == 2
    assert torch.equal(taken.images.read_all(64), expected)
    assert taken.images.name(0) != taken.images.name(1)


def test_wild_and_lab_differ_in_style() -> None:
    wild, lab = (
        synthetic_faces(domain=d, train=64, test=0).images.read_all(32).float()
        for d in ("wild", "lab")
    )
    colour = [(x - x.mean(1, keepdim=True)).abs().mean().item() for x in (wild, lab)]
    assert colour[0] > 2 * colour[1]


def test_every_expression_has_a_prototype_of_known_units() -> None:
    assert set(PROTOTYPES) == set(ALL_EXPRESSIONS)
    assert all(set(units) <= set(UNITS) for units in PROTOTYPES.values())
    shown = [tuple(sorted(units.items())) for units in PROTOTYPES.values()]
    assert len(set(shown)) == len(shown)


@pytest.mark.parametrize(
    ("unit", "top", "bottom"),
    [
        (1, -0.95, 0.05),
        (2, -0.95, 0.05),
        (4, -0.75, 0.10),
        (5, -0.45, 0.10),
        (6, -0.40, 0.25),
        (7, -0.40, 0.10),
        (9, -0.75, 0.75),
        (10, 0.00, 0.80),
        (12, 0.10, 0.95),
        (14, 0.30, 0.80),
        (15, 0.10, 0.95),
        (17, 0.10, 0.95),
        (20, 0.10, 0.95),
        (23, 0.20, 0.95),
        (24, 0.20, 0.95),
        (25, 0.20, 1.00),
        (43, -0.40, 0.10),
    ],
)
def test_a_unit_moves_its_own_part_of_the_face(unit: int, top: float, bottom: float) -> None:
    rest, moved = portraits({}, {unit: 1.0})
    changed = np.flatnonzero((np.abs(moved - rest) > 20).any(axis=(0, 2)))
    assert len(changed) >= 2
    assert row_of(top) <= changed.min()
    assert changed.max() <= row_of(bottom)


def lip_rows(picture: NDArray[np.int16]) -> tuple[float, float]:
    """Mean rows of the lips at their two ends, and in the middle."""
    blue = picture[2] - picture[0] > 60
    columns = np.flatnonzero(blue.any(axis=0))
    ends = [*columns[:3], *columns[-3:]]
    middle = range(44, 52)
    return (
        float(np.mean([np.flatnonzero(blue[:, c]).mean() for c in ends])),
        float(np.mean([np.flatnonzero(blue[:, c]).mean() for c in middle])),
    )


def test_smiles_lift_the_lip_corners_and_sadness_lowers_them() -> None:
    rest, smile, sad = (
        ends - middle for ends, middle in map(lip_rows, portraits({}, {12: 1.0}, {15: 1.0}))
    )
    assert smile < rest - 2
    assert sad > rest + 2


def opening(picture: NDArray[np.int16]) -> int:
    """Number of pixels of the dark of the mouth, the tongue and the teeth within the lips."""
    mouth = picture[:, row_of(0.3) : row_of(0.95), 32:64]
    dark = mouth.max(axis=0) < 90
    teeth = mouth.min(axis=0) > 200
    return int(dark.sum() + teeth.sum())


def test_jaws_open_the_mouth_step_by_step() -> None:
    shut, parted, dropped, wide = map(
        opening, portraits({}, {25: 1.0}, {25: 1.0, 26: 1.0}, {25: 1.0, 26: 1.0, 27: 1.0})
    )
    assert shut < parted < dropped < wide


def eye_white(picture: NDArray[np.int16]) -> int:
    eyes = picture[:, row_of(-0.4, 192) : row_of(0.1, 192)]
    return int((eyes.min(axis=0) > 205).sum())


def test_lids_open_and_close_the_eyes() -> None:
    units: list[dict[int, float]] = [{43: 1.0}, {7: 1.0}, {}, {5: 1.0}]
    closed, tight, rest, wide = map(eye_white, portraits(*units, size=192))
    assert closed < tight < rest < wide


def test_brows_rise_fall_and_slant() -> None:
    rows = of_units([{}, {1: 1.0, 2: 1.0}, {4: 1.0}, {1: 1.0, 4: 0.6}])
    brow = feature_shapes.brow(rows, one_person(4), side=0)
    slant = brow.inner_y - brow.outer_y
    assert brow.middle_y[1] < brow.middle_y[0] < brow.middle_y[2]
    assert slant[2] > slant[0]  # anger: the inner ends are down
    assert slant[3] < slant[0]  # sadness: the inner ends are up
    assert brow.inner[2] < brow.inner[0]


def test_contempt_is_one_sided_and_the_others_are_not() -> None:
    dataset = synthetic_faces(train=400, test=0)
    units = dataset.images.sheets[0].scenes.units
    uneven = np.abs(units.side(14, 0) - units.side(14, 1)) > 0.2
    contempt = dataset.fine == EXPRESSIONS.index("contempt")
    assert (uneven == contempt).all()


def test_nuisances_change_the_pixels_more_than_the_expression_does() -> None:
    dataset = synthetic_faces(train=48, test=0)
    scenes = dataset.images.sheets[0].scenes
    rolled = np.roll(np.arange(48), 1)
    base = renderer.render(scenes, 32).astype(np.float32)
    other_units = renderer.render(replace(scenes, units=scenes.take(rolled).units), 32)
    other_rest = renderer.render(replace(scenes.take(rolled), units=scenes.units), 32)
    by_expression = np.abs(base - other_units).mean()
    assert by_expression > 1
    assert np.abs(base - other_rest).mean() > 4 * by_expression


def test_columns_and_layers_are_float32() -> None:
    scenes = synthetic_faces(train=8, test=0).images.sheets[0].scenes
    parts = [scenes.person, *vars(scenes.setting).values()]
    columns = [
        scenes.units.values,
        *(c for p in parts for c in getattr(p, "__dict__", {}).values()),
    ]
    assert len(columns) > 40
    assert {c.dtype for c in columns if c.dtype.kind == "f"} == {np.dtype(np.float32)}


def test_fingerprints_tell_different_pictures_apart() -> None:
    one = synthetic_faces(train=20, test=5).images
    prints = one.fingerprints()
    assert len(set(prints.tolist())) == 25
    again = synthetic_faces(train=20, test=5).images.take(np.array([22, 3]))
    assert again.fingerprints().tolist() == prints[[22, 3]].tolist()
    for other in ({"seed": 1}, {"domain": "lab"}, {"expressions": "compound"}):
        there = synthetic_faces(train=20, test=5, **other).images.fingerprints()
        assert not set(there.tolist()) & set(prints.tolist())


def test_a_new_version_of_the_renderer_makes_new_fingerprints(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    before = synthetic_faces(train=5, test=0).images.fingerprints()
    monkeypatch.setattr("crs_plugin.data.datasets.synthetic_faces.images.VERSION", 99)
    after = synthetic_faces(train=5, test=0).images.fingerprints()
    assert not set(before.tolist()) & set(after.tolist())


def test_progress_counts_up_to_the_total() -> None:
    heard: list[tuple[int, int]] = []
    images = synthetic_faces(train=90, test=10).images
    images.read_all(48, lambda done, total: heard.append((done, total)))
    images.read_all(48, lambda done, total: heard.append((done, total)))
    counts = [done for done, _ in heard]
    assert {total for _, total in heard} == {100}
    assert counts.count(100) == 2
    assert len(heard) > 4


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"size": 8}, "size 8 is too small.*at least 16"),
        ({"train": 0, "test": 0}, "no images"),
        ({"train": -1}, "train.*-1"),
        ({"domain": "studio"}, "domain 'studio'.*wild, lab"),
        ({"expressions": "compund"}, "expressions 'compund'.*did you mean 'compound'"),
    ],
)
def test_bad_options_are_named(options: dict[str, object], message: str) -> None:
    with pytest.raises(InputError, match=message):
        synthetic_faces(**options)


def test_styles_of_wild_expressions_are_weaker() -> None:
    assert STYLES["wild"].intensity[0] < STYLES["lab"].intensity[0]
