"""KDEF: seventy actors pose seven expressions, seen from five angles."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Literal, get_args

from annotated_types import Len

from crs_plugin.data.about import About
from crs_plugin.data.dataset import DataError, FaceDataset
from crs_plugin.data.layouts.coded_names import coded_images
from crs_plugin.data.layouts.image_tree import not_recognised
from crs_plugin.data.layouts.records import Records
from crs_plugin.data.layouts.roots import data_root
from crs_plugin.did_you_mean import did_you_mean
from crs_plugin.expressions import fine_id
from crs_plugin.registry import register

Angle = Literal["straight", "half left", "half right", "full left", "full right"]

LABELS = {
    "AF": "fear",
    "AN": "anger",
    "DI": "disgust",
    "HA": "happiness",
    "NE": "neutral",
    "SA": "sadness",
    "SU": "surprise",
}
"""Code in the file names → expression."""

ANGLES: dict[str, Angle] = {
    "S": "straight",
    "HL": "half left",
    "HR": "half right",
    "FL": "full left",
    "FR": "full right",
}
"""Code in the file names → side of the face that is seen, and how much it is turned."""

MISSPELT = {"AF31V": "AF31SAHL", "AM31H": "AM31SUHR"}
"""Files that the release misnames → what they are: the one picture that each series lacks."""

ABOUT = About(
    title="KDEF",
    setting="lab",
    images="4,900 of 70 persons, 980 of them straight",
    labels=dict(LABELS),
    layout=("images with names like AF01ANS.JPG, in whatever folders",),
    how_to_get=(
        "KDEF (Karolinska Directed Emotional Faces) is free for non-commercial research, after"
        " registration: https://kdef.se"
    ),
)

_CODE = re.compile(rf"[AB]([FM]\d\d)({'|'.join(LABELS)})({'|'.join(ANGLES)})")
"""Session, sex and number of the person, expression, angle."""


@register("dataset", "kdef")
def kdef(
    *,
    root: Path | None = None,
    angles: Annotated[Sequence[Angle], Len(1)] = ("straight",),
) -> FaceDataset:
    """KDEF: seventy actors, seven posed expressions, each twice and from five angles.

    Person, expression and angle are read from the file names; folders do not matter. Both sessions
    of a person are the same subject: letter of the sex and number. Two files that the release
    misnames, none of them straight, are taken for what they are. The set has no splits.

    Args:
        root: Folder with ``AF01ANS.JPG`` and so on, at any depth. Default ``$CRS_DATA/kdef``.
        angles: Which angles are taken: ``straight``, ``half left``, ``half right``, ``full left``,
            ``full right``.

    Raises:
        DataError: If there is no such image, or an angle is unknown.
    """
    for angle in angles:
        if angle not in get_args(Angle):
            raise DataError(
                f"data set kdef: unknown angle {angle!r}{did_you_mean(angle, get_args(Angle))};"
                f" known are {', '.join(get_args(Angle))}"
            )
    folder = data_root(root, "kdef", ABOUT.how_to_get)
    records = Records("kdef", folder)
    found = list(coded_images(records, _CODE, "AF01ANS.JPG", MISSPELT))
    if not found:
        raise not_recognised("kdef", folder, ABOUT)
    for path, match in found:
        subject, label, code = match.groups()
        if ANGLES[code] in angles:
            records.add(path, fine_id(LABELS[label]), "all", subject)
        else:
            records.skip(f"angle {ANGLES[code]}, left out by 'angles'")
    return records.dataset()
