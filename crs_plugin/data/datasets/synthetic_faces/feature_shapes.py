"""The geometry of eyes, brows and mouth: how action units move a person's features.

Lengths are in face units, y points down. Side 0 is the left one of the picture; ``outer`` positions
grow away from the middle of the face. All fields are ``[N]`` float32.
"""

from dataclasses import dataclass

import numpy as np

from crs_plugin.data.datasets.synthetic_faces.action_units import ActionUnits
from crs_plugin.data.datasets.synthetic_faces.draws import Array
from crs_plugin.data.datasets.synthetic_faces.identity import Identity


@dataclass(frozen=True)
class Eye:
    """One eye: a lens between two lids.

    Attributes:
        distance, y: Centre; distance from the face's middle line.
        half_width: Half the distance of the corners.
        upper, lower: How far the lids are above and below the line of the corners.
        tilt: Rise of the line of the corners per unit outward.
        lid_slant: Rise of the upper lid's inner part over its outer part.
    """

    distance: Array
    y: Array
    half_width: Array
    upper: Array
    lower: Array
    tilt: Array
    lid_slant: Array


@dataclass(frozen=True)
class Brow:
    """One brow: a parabola through three heights.

    Attributes:
        inner, outer: Distances of its ends from the face's middle line.
        inner_y, middle_y, outer_y: Heights.
        thickness: Half the width of the stroke at its inner end.
    """

    inner: Array
    outer: Array
    inner_y: Array
    middle_y: Array
    outer_y: Array
    thickness: Array


@dataclass(frozen=True)
class Mouth:
    """The mouth: a line from corner to corner, an opening, lips around it, and what it shows.

    Attributes:
        half_width: Half the distance of the corners.
        y: Height of the middle of the line.
        corners: ``[N, 2]`` height of each corner below that middle: negative in a smile.
        upper, lower: How far the opening reaches above and below the line.
        boxy: 0 for an opening shaped like a lens, 1 for one like a box.
        upper_lip, lower_lip: Thickness of the lips.
        upper_teeth, lower_teeth: How much of the teeth is seen, 0-1.
        jaw: How far the chin is lowered.
    """

    half_width: Array
    y: Array
    corners: Array
    upper: Array
    lower: Array
    boxy: Array
    upper_lip: Array
    lower_lip: Array
    upper_teeth: Array
    lower_teeth: Array
    jaw: Array


def eye(units: ActionUnits, person: Identity, side: int, blink: Array) -> Eye:
    """Return an eye: AU5 opens it; 6, 7 and 9 narrow it, 6 from below; 43 and blinks close it."""
    raised, cheek, tight, wrinkled = (units.side(unit, side) for unit in (5, 6, 7, 9))
    narrowed = np.clip(0.42 * tight + 0.25 * cheek + 0.3 * wrinkled, 0, 0.75)
    open_share = (1 + 0.75 * raised) * (1 - narrowed) * (1 - 0.75 * units.side(43, side))
    open_share = np.clip(open_share, 0, None) * (1 - 0.97 * blink)
    from_below = 0.6 * (1 + 0.25 * raised) * np.clip(1 - 0.9 * cheek - 0.5 * tight, 0.05, None)
    oblique = units.side(1, side) * np.clip(1.6 * units.side(4, side), 0, 1)
    return Eye(
        distance=person.eye_distance,
        y=person.eye_y,
        half_width=person.eye_width,
        upper=np.maximum(person.eye_height * open_share, 0.008),
        lower=np.maximum(person.eye_height * from_below * (1 - 0.9 * blink), 0.006),
        tilt=person.eye_tilt - 0.10 * oblique,
        lid_slant=0.9 * oblique - 0.5 * units.side(4, side) * (1 - units.side(1, side)),
    )


def brow(units: ActionUnits, person: Identity, side: int) -> Brow:
    """Return a brow: AU1 lifts its inner part, 2 its outer part; 4 lowers and draws it together."""
    inner, outer, lowered, wrinkled = (units.side(unit, side) for unit in (1, 2, 4, 9))
    y = person.eye_y - person.brow_gap
    # With AU1, AU4 draws the brows together but hardly lowers them: the oblique brow of sadness.
    drop = lowered * (1 - 0.85 * np.clip(inner, 0, 1))
    return Brow(
        inner=0.15 - 0.065 * lowered,
        outer=person.eye_distance + person.eye_width + 0.04,
        inner_y=y - person.brow_tilt - 0.22 * inner + 0.19 * drop + 0.06 * wrinkled,
        middle_y=y - person.brow_arch - 0.10 * inner - 0.17 * outer + 0.12 * drop + 0.03 * wrinkled,
        outer_y=y + 0.05 + person.brow_tilt - 0.17 * outer + 0.02 * lowered,
        thickness=person.brow_thickness,
    )


def mouth(units: ActionUnits, person: Identity) -> Mouth:
    """Return a mouth, as AU10-27 shape it."""
    lifted, smile, low_lip, chin = (units.both(unit) for unit in (10, 12, 16, 17))
    stretch, tight, pressed = (units.both(unit) for unit in (20, 23, 24))
    part, jaw, wide = (units.both(unit) for unit in (25, 26, 27))
    parted = np.clip(2.5 * part, 0, 1)
    jaw, wide = jaw * parted, wide * parted
    round_share = np.clip(1 - smile - stretch, 0, 1)
    half_width = person.mouth_width * (
        1
        + 0.38 * smile
        + 0.38 * stretch
        + 0.10 * lifted
        - 0.20 * tight
        - 0.16 * pressed
        - (0.26 * jaw + 0.16 * wide) * round_share
    )
    corners = np.stack(
        [
            person.mouth_rest
            - 0.24 * units.side(12, side)
            + 0.20 * units.side(15, side)
            - 0.05 * units.side(14, side)
            + 0.05 * units.side(20, side)
            + 0.04 * chin
            + 0.05 * lifted * (1 - np.clip(smile, 0, 1))
            for side in (0, 1)
        ],
        1,
    )
    thin = 1 - 0.75 * np.clip(np.maximum(tight, pressed), 0, 1)
    return Mouth(
        half_width=half_width,
        y=person.mouth_y + 0.06 * smile - 0.03 * lifted - 0.045 * chin + 0.02 * jaw,
        corners=corners.astype(np.float32),
        upper=parted * (0.022 * part + 0.06 * jaw + 0.07 * wide + 0.06 * lifted),
        lower=parted
        * (0.06 * part + 0.13 * jaw + 0.15 * wide + 0.13 * smile + 0.05 * low_lip + 0.03 * stretch),
        boxy=np.clip(stretch + 0.6 * lifted, 0, 1) * (1 - np.clip(smile, 0, 1)),
        upper_lip=person.lip_thickness * thin * (1 - 0.35 * smile) * (1 + 0.25 * lifted),
        lower_lip=person.lip_thickness * thin * (1.25 - 0.3 * smile + 0.5 * chin),
        upper_teeth=parted * np.clip(0.15 + smile + 0.9 * lifted + 0.6 * stretch, 0, 1),
        lower_teeth=parted * np.clip(0.7 * stretch + low_lip, 0, 1),
        jaw=0.10 * jaw + 0.10 * wide,
    )
