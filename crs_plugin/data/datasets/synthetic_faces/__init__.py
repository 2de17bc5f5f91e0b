"""``synthetic_faces``: an embedded little world of faces, drawn from facial action units."""

from typing import Annotated, Literal

import numpy as np
from annotated_types import Ge
from numpy.typing import NDArray

from crs_plugin.data.about import About
from crs_plugin.data.dataset import SPLITS, FaceDataset
from crs_plugin.data.datasets.synthetic_faces.action_units import draw_action_units
from crs_plugin.data.datasets.synthetic_faces.draws import Draws
from crs_plugin.data.datasets.synthetic_faces.identity import draw_identities
from crs_plugin.data.datasets.synthetic_faces.images import Sheet, SyntheticImages
from crs_plugin.data.datasets.synthetic_faces.renderer import Scenes
from crs_plugin.data.datasets.synthetic_faces.setting import STYLES, Domain, draw_settings
from crs_plugin.did_you_mean import did_you_mean
from crs_plugin.errors import InputError
from crs_plugin.expressions import ALL_EXPRESSIONS, COMPOUND_EXPRESSIONS, EXPRESSIONS, fine_id
from crs_plugin.registry import NonNegativeInt, PositiveInt, register

ABOUT = About(
    title="Synthetic faces",
    setting="drawn",
    images="as many as asked for; 6,000 train, 1,500 test unless told otherwise",
    labels={name: name for name in ALL_EXPRESSIONS},
    layout=("nothing: the faces are drawn when they are read",),
    how_to_get="They come with this package and are drawn when they are read.",
)

Repertoire = Literal["basic", "compound"]

_SHARES = {
    "basic": (0.17, 0.17, 0.14, 0.13, 0.12, 0.10, 0.09, 0.08),
    "compound": (1 / 11,) * 11,
}
"""Share of each expression, in canonical order; in the wild some are seen more often."""

_IMAGES = {
    ("wild", "basic"): (6000, 0, 1500),
    ("wild", "compound"): (1650, 0, 825),
    ("lab", "basic"): (960, 0, 480),
    ("lab", "compound"): (880, 0, 440),
}
"""Number of images of train, valid and test unless the recipe says otherwise."""

_IMAGES_PER_SUBJECT = {"wild": 4, "lab": 16}
MIN_SIZE = 16
"""Side in pixels under which a face cannot be made out."""


@register("dataset", "synthetic_faces")
def synthetic_faces(
    *,
    domain: Domain = "wild",
    expressions: Repertoire = "basic",
    size: Annotated[int, Ge(MIN_SIZE)] = 64,
    train: NonNegativeInt | None = None,
    valid: NonNegativeInt | None = None,
    test: NonNegativeInt | None = None,
    images_per_subject: PositiveInt | None = None,
    seed: NonNegativeInt = 0,
) -> FaceDataset:
    """Cartoon faces drawn from facial action units; needs no files.

    Identity, pose, light, occlusion and background change the pixels more than the expression does.
    Image i of a split depends on domain, expressions, split, seed and i alone, not on how many
    images there are. No person is in two splits.

    Args:
        domain: ``wild`` is coloured, cluttered, tilted and partly hidden, with expressions of any
            strength; ``lab`` is frontal, even, mostly grey, with posed expressions.
        expressions: The eight ``basic`` expressions, or the eleven ``compound`` ones.
        size: Side of the pictures in pixels, at least 16. Networks that want another size have them
            drawn at that size.
        train: Number of training images; 6000 basic ones in the wild, 960 in the lab, and
            1650 and 880 compound ones unless given.
        valid: Number of validation images; none unless given.
        test: Number of test images; a quarter (wild, basic) or half of the training images unless
            given.
        images_per_subject: How many images show one person; 4 in the wild, 16 in the lab, unless
            given.
        seed: Seed of the whole world: other persons, other pictures.

    Raises:
        InputError: If an option is unknown or out of range, or there would be no images.
    """
    _check_choice("domain", domain, tuple(STYLES))
    _check_choice("expressions", expressions, tuple(_SHARES))
    counts = _counts(_IMAGES[domain, expressions], train=train, valid=valid, test=test)
    if size < MIN_SIZE:
        raise InputError(
            f"synthetic_faces: size {size} is too small to show a face; at least {MIN_SIZE}"
        )
    per_subject = images_per_subject or _IMAGES_PER_SUBJECT[domain]
    sheets: list[Sheet] = []
    fine: list[NDArray[np.int16]] = []
    subject: list[NDArray[np.int32]] = []
    for code, count in enumerate(counts):
        labels = _labels(expressions, count, domain == "lab")
        persons = np.arange(count) // per_subject
        key = f"{domain}-{expressions}-{SPLITS[code]}-{count}of{per_subject}-seed{seed}"
        sheets.append(Sheet(_scenes(domain, expressions, code, seed, labels, persons), key))
        fine.append(labels)
        subject.append((persons + sum(len(np.unique(s)) for s in subject)).astype(np.int32))
    return FaceDataset(
        name=f"synthetic_faces ({domain}, {expressions})",
        images=SyntheticImages(
            tuple(sheets),
            np.repeat(np.arange(len(counts), dtype=np.int8), counts),
            np.concatenate([np.arange(n) for n in counts]),
            size,
        ),
        fine=np.concatenate(fine),
        split=np.repeat(np.arange(len(counts), dtype=np.int8), counts),
        subject=np.concatenate(subject),
    )


def _check_choice(option: str, found: str, choices: tuple[str, ...]) -> None:
    if found not in choices:
        raise InputError(
            f"synthetic_faces: unknown {option} {found!r}{did_you_mean(found, choices)};"
            f" known are {', '.join(choices)}"
        )


def _counts(usual: tuple[int, ...], **given: int | None) -> list[int]:
    counts = [
        n if chosen is None else chosen for n, chosen in zip(usual, given.values(), strict=True)
    ]
    for split, count in zip(given, counts, strict=True):
        if count < 0:
            raise InputError(
                f"synthetic_faces: {split} is {count}; a number of images is at least 0"
            )
    if sum(counts) == 0:
        raise InputError(
            "synthetic_faces: no images: train, valid and test are all 0; give one of them images"
        )
    return counts


def _labels(expressions: Repertoire, count: int, posed: bool) -> NDArray[np.int16]:
    """Return fine ids ``[count]``: in turn if posed, else spread in proportion to their shares."""
    names = EXPRESSIONS if expressions == "basic" else COMPOUND_EXPRESSIONS
    ids = np.array([fine_id(name) for name in names], np.int16)
    if posed:
        return ids[np.arange(count) % len(ids)]
    # Multiples of the golden ratio fill the unit interval evenly, however many there are.
    place = (np.arange(count) * ((np.sqrt(5) - 1) / 2) + 0.5) % 1
    edges = np.cumsum(_SHARES[expressions])
    return np.asarray(ids[np.minimum(np.searchsorted(edges, place, "right"), len(ids) - 1)])


def _scenes(
    domain: Domain,
    expressions: Repertoire,
    split: int,
    seed: int,
    fine: NDArray[np.int16],
    persons: NDArray[np.int64],
) -> Scenes:
    style = STYLES[domain]
    stream = (seed, list(STYLES).index(domain), list(_SHARES).index(expressions), split)
    images = Draws((*stream, 0), len(fine))
    subjects = Draws((*stream, 1), int(persons.max(initial=-1)) + 1)
    return Scenes(
        units=draw_action_units(images, fine, style.intensity, style.talking),
        person=draw_identities(subjects, style.glasses, style.beards).take(persons),
        setting=draw_settings(images, style),
    )
