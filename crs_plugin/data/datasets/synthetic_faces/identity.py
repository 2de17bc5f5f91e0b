"""Who is shown: what stays the same over all images of one person."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from crs_plugin.data.datasets.synthetic_faces.columns import Columns
from crs_plugin.data.datasets.synthetic_faces.draws import Array, Draws

SKINS = np.array(
    [
        [0.98, 0.84, 0.74],
        [0.93, 0.74, 0.58],
        [0.80, 0.58, 0.42],
        [0.60, 0.40, 0.27],
        [0.48, 0.31, 0.21],
    ],
    np.float32,
)
"""Skin tones from light to dark; persons lie between two neighbours."""

HAIRS = np.array(
    [
        [0.08, 0.07, 0.07],
        [0.22, 0.14, 0.09],
        [0.42, 0.26, 0.14],
        [0.83, 0.66, 0.36],
        [0.62, 0.26, 0.10],
        [0.66, 0.66, 0.66],
        [0.25, 0.35, 0.60],
    ],
    np.float32,
)
IRISES = np.array(
    [[0.20, 0.12, 0.07], [0.30, 0.45, 0.62], [0.28, 0.42, 0.24], [0.40, 0.30, 0.16]], np.float32
)

_LIPS = np.array([0.82, 0.55, 0.56], np.float32)  # of the skin's red, green, blue

BALD, SHORT, FRINGE, PARTED, LONG = range(5)
"""Styles of hair."""


@dataclass(frozen=True)
class Identity(Columns):
    """N persons; lengths in face units (half the height of a head), colours RGB in 0-1.

    ``brow_tilt`` and ``mouth_rest`` make a resting face look a little angry, sad or merry: they are
    what an encoder must not mistake for an expression.
    """

    skin: Array
    hair: Array
    iris: Array
    lips: Array
    clothes: Array
    hair_style: NDArray[np.int64]
    hairline: Array
    face_width: Array
    jaw_taper: Array
    eye_width: Array
    eye_height: Array
    eye_distance: Array
    eye_y: Array
    eye_tilt: Array
    brow_gap: Array
    brow_tilt: Array
    brow_arch: Array
    brow_thickness: Array
    nose_width: Array
    nose_y: Array
    mouth_width: Array
    mouth_y: Array
    mouth_rest: Array
    lip_thickness: Array
    age: Array
    glasses: Array
    beard: Array
    moustache: Array


def draw_identities(draws: Draws, glasses: float, beards: float) -> Identity:
    """Draw N persons, of whom given shares wear glasses and a beard."""
    place = draws.unit("skin") * np.float32(len(SKINS) - 1)
    lower = np.minimum(place.astype(np.int64), len(SKINS) - 2)
    share = (place - lower).astype(np.float32)[:, None]
    skin = SKINS[lower] + share * (SKINS[lower + 1] - SKINS[lower])
    skin = np.clip(skin * (1 + draws.bell("complexion", 0.06, 3)), 0, 1)
    age = draws.unit("age") ** 2
    weights = np.array([4, 4, 3, 2, 1, 1.5, 0.5])
    bearded = draws.chance("beard", beards)
    return Identity(
        skin=skin,
        hair=np.clip(HAIRS[draws.pick("hair", weights)] + draws.bell("shade", 0.06, 3), 0, 1),
        iris=IRISES[draws.pick("iris", np.array([4, 2, 1, 2]))],
        lips=np.clip(skin * _LIPS + draws.bell("lips", 0.06, 3), 0, 1),
        clothes=draws.between("clothes", 0.05, 0.95, 3),
        hair_style=draws.pick("style", np.array([1, 4, 2, 3, 3])),
        hairline=-0.72 + draws.bell("hairline", 0.08),
        face_width=0.77 + draws.bell("face width", 0.09),
        jaw_taper=0.10 + draws.bell("jaw", 0.16),
        eye_width=0.215 + draws.bell("eye width", 0.035),
        eye_height=0.128 + draws.bell("eye height", 0.026),
        eye_distance=0.36 + draws.bell("eye distance", 0.04),
        eye_y=-0.13 + draws.bell("eye y", 0.04),
        eye_tilt=draws.bell("eye tilt", 0.14),
        brow_gap=0.265 + draws.bell("brow gap", 0.035),
        brow_tilt=draws.bell("brow tilt", 0.04),
        brow_arch=0.035 + draws.bell("brow arch", 0.025),
        brow_thickness=0.042 + draws.bell("brow thickness", 0.014),
        nose_width=0.125 + draws.bell("nose width", 0.04),
        nose_y=0.24 + draws.bell("nose y", 0.05),
        mouth_width=0.305 + draws.bell("mouth width", 0.04),
        mouth_y=0.565 + draws.bell("mouth y", 0.045),
        mouth_rest=draws.bell("mouth rest", 0.025),
        lip_thickness=0.052 + draws.bell("lip thickness", 0.022),
        age=age,
        glasses=draws.chance("glasses", glasses),
        beard=bearded * draws.between("beard density", 0.35, 0.9),
        moustache=np.maximum(bearded, draws.chance("moustache", beards / 3)),
    )
