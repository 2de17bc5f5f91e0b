"""Expressions as facial action units, the muscles' movements that FACS numbers.

Sources: P. Ekman, W. Friesen, J. Hager, "Facial Action Coding System" (2002), for the units and for
EMFACS's prototypes of the basic expressions; S. Du, Y. Tao, A. Martinez, "Compound facial
expressions of emotion", PNAS 111 (2014), table 1, for the compound ones and for how often a unit
takes part. The intensities are ours.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from crs_plugin.data.datasets.synthetic_faces.draws import Array, Draws
from crs_plugin.expressions import ALL_EXPRESSIONS, fine_id

UNITS: Mapping[int, str] = MappingProxyType(
    {
        1: "inner brow raiser",
        2: "outer brow raiser",
        4: "brow lowerer",
        5: "upper lid raiser",
        6: "cheek raiser",
        7: "lid tightener",
        9: "nose wrinkler",
        10: "upper lip raiser",
        12: "lip corner puller",
        14: "dimpler",
        15: "lip corner depressor",
        16: "lower lip depressor",
        17: "chin raiser",
        20: "lip stretcher",
        23: "lip tightener",
        24: "lip pressor",
        25: "lips part",
        26: "jaw drop",
        27: "mouth stretch",
        43: "eyes closed",
    }
)
"""The units that the faces know: number in FACS → name."""

_COLUMN = {unit: column for column, unit in enumerate(UNITS)}

PROTOTYPES: Mapping[str, Mapping[int, tuple[float, float]]] = MappingProxyType(
    {
        "neutral": {},
        "happiness": {6: (0.8, 0.8), 12: (1.0, 1.0), 25: (0.8, 0.7), 26: (0.4, 0.2)},
        "surprise": {
            **{1: (1.0, 1.0), 2: (1.0, 1.0), 5: (0.9, 0.8), 25: (0.9, 1.0), 26: (0.9, 1.0)},
            **{27: (0.8, 0.4)},
        },
        "sadness": {
            **{1: (1.0, 0.9), 4: (0.6, 0.9), 15: (1.0, 1.0), 17: (0.6, 0.6), 43: (0.4, 0.4)},
            **{6: (0.3, 0.2)},
        },
        "anger": {
            **{4: (1.0, 1.0), 5: (0.6, 0.4), 7: (0.8, 0.9), 23: (0.8, 0.5), 24: (0.9, 0.7)},
            **{17: (0.5, 0.4)},
        },
        "disgust": {
            **{9: (1.0, 0.95), 10: (0.9, 0.9), 17: (0.6, 0.5), 4: (0.5, 0.5), 7: (0.6, 0.6)},
            **{15: (0.4, 0.4), 25: (0.6, 0.3), 16: (0.6, 0.2)},
        },
        "fear": {
            **{1: (0.9, 1.0), 2: (0.6, 0.6), 4: (0.8, 1.0), 5: (1.0, 0.9), 20: (1.0, 1.0)},
            **{25: (0.8, 1.0), 26: (0.5, 0.4)},
        },
        "contempt": {12: (0.6, 0.8), 14: (1.0, 1.0)},
        "happily surprised": {
            **{1: (0.9, 1.0), 2: (0.9, 1.0), 12: (0.9, 1.0), 25: (0.9, 1.0), 5: (0.7, 0.64)},
            **{26: (0.7, 0.67)},
        },
        "happily disgusted": {
            **{10: (0.9, 1.0), 12: (0.8, 1.0), 25: (0.7, 1.0), 4: (0.6, 0.32), 6: (0.7, 0.61)},
            **{9: (0.9, 0.59)},
        },
        "sadly fearful": {
            **{1: (0.9, 1.0), 4: (0.7, 1.0), 20: (0.8, 1.0), 25: (0.6, 1.0), 2: (0.4, 0.46)},
            **{5: (0.6, 0.24), 6: (0.4, 0.34), 15: (0.8, 0.3)},
        },
        "sadly angry": {
            **{4: (0.9, 1.0), 15: (0.9, 1.0), 6: (0.4, 0.26), 7: (0.7, 0.48), 17: (0.6, 0.5)},
        },
        "sadly surprised": {
            **{1: (1.0, 1.0), 4: (0.5, 1.0), 25: (0.8, 1.0), 26: (0.8, 1.0), 2: (0.6, 0.27)},
            **{6: (0.3, 0.31)},
        },
        "sadly disgusted": {
            **{4: (0.8, 1.0), 10: (0.9, 1.0), 1: (0.8, 0.49), 6: (0.5, 0.61), 9: (0.7, 0.2)},
            **{15: (0.8, 0.54), 17: (0.6, 0.47), 25: (0.6, 0.43)},
        },
        "fearfully angry": {
            **{4: (1.0, 1.0), 20: (0.9, 1.0), 25: (0.8, 1.0), 5: (0.8, 0.4), 7: (0.7, 0.39)},
            **{10: (0.6, 0.3)},
        },
        "fearfully surprised": {
            **{1: (1.0, 1.0), 2: (0.9, 1.0), 5: (1.0, 1.0), 20: (0.8, 1.0), 25: (0.9, 1.0)},
            **{4: (0.5, 0.47), 10: (0.5, 0.35), 26: (0.8, 0.51)},
        },
        "angrily surprised": {
            **{4: (0.9, 1.0), 25: (0.9, 1.0), 26: (0.9, 1.0), 5: (0.8, 0.35), 7: (0.6, 0.5)},
            **{10: (0.6, 0.34)},
        },
        "angrily disgusted": {
            **{4: (1.0, 1.0), 10: (0.9, 1.0), 17: (0.7, 1.0), 7: (0.8, 0.6), 9: (0.9, 0.57)},
            **{24: (0.7, 0.36)},
        },
        "disgustedly surprised": {
            **{1: (0.8, 1.0), 2: (0.9, 1.0), 5: (0.8, 1.0), 10: (0.9, 1.0), 4: (0.4, 0.45)},
            **{9: (0.8, 0.37), 17: (0.6, 0.66), 24: (0.6, 0.33)},
        },
    }
)
"""Expression → unit → (intensity at full strength, probability of taking part)."""

_ONE_SIDED = ("contempt",)
_JAW_NEEDS_PARTED_LIPS = (26, 27)


@dataclass(frozen=True)
class ActionUnits:
    """How strongly each unit acts on each side of N faces.

    Attributes:
        values: ``[N, 2, len(UNITS)]`` float32, about 0 to 1; side 0 is the left one of the picture.
    """

    values: Array

    def side(self, unit: int, side: int) -> Array:
        """Return one unit's intensity on one side, ``[N]``."""
        column: Array = self.values[:, side, _COLUMN[unit]]
        return column

    def both(self, unit: int) -> Array:
        """Return the mean of the two sides, ``[N]``."""
        mean: Array = self.values[:, :, _COLUMN[unit]].mean(1)
        return mean


def draw_action_units(
    draws: Draws, fine: NDArray[np.int16], intensity: tuple[float, float], talking: float
) -> ActionUnits:
    """Draw the units that N faces of given expressions show.

    Args:
        draws: Random numbers for N images.
        fine: Fine ids ``[N]``.
        intensity: Range of the strength that a whole expression is shown with.
        talking: Probability that the mouth is a little open as in speech, whatever the expression.
    """
    strength = np.zeros((len(ALL_EXPRESSIONS), len(UNITS)), np.float32)
    probability = np.zeros_like(strength)
    for expression, units in PROTOTYPES.items():
        for unit, (full, share) in units.items():
            strength[fine_id(expression), _COLUMN[unit]] = full
            probability[fine_id(expression), _COLUMN[unit]] = share
    shown = draws.unit("unit shown", len(UNITS)) < probability[fine]
    overall = draws.between("intensity", *intensity)[:, None]
    values = shown * strength[fine] * overall * draws.between("unit", 0.8, 1.2, len(UNITS))
    values += 0.05 * draws.unit("resting", len(UNITS)) * (draws.unit("tonus", len(UNITS)) < 0.3)
    speech = draws.chance("talking", talking) * draws.between("speech", 0.3, 0.6)
    for unit, share in ((25, 1.0), (26, 0.5)):
        column = values[:, _COLUMN[unit]]
        np.maximum(column, share * speech, out=column)
    for unit in _JAW_NEEDS_PARTED_LIPS:
        column = values[:, _COLUMN[25]]
        np.maximum(column, values[:, _COLUMN[unit]], out=column)
    sides = np.repeat(values[:, None], 2, 1) * draws.between("asymmetry", 0.9, 1.1, 2, 1)
    one_sided = np.isin(fine, [fine_id(name) for name in _ONE_SIDED])
    resting_side = (draws.unit("resting side") < 0.5).astype(np.int64)
    sides[one_sided, resting_side[one_sided]] *= 0.1
    return ActionUnits(sides.astype(np.float32))
