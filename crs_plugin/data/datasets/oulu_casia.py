"""Oulu-CASIA: eighty persons pose six expressions, in two kinds of light and three strengths."""

import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from crs_plugin.data.about import About
from crs_plugin.data.dataset import DataError, FaceDataset
from crs_plugin.data.images import is_image_name
from crs_plugin.data.layouts.frame_sequences import add_sequence, frames_in
from crs_plugin.data.layouts.image_tree import files_in, folders_in, folders_with, not_recognised
from crs_plugin.data.layouts.records import Records
from crs_plugin.data.layouts.roots import data_root
from crs_plugin.did_you_mean import did_you_mean
from crs_plugin.expressions import fine_id
from crs_plugin.registry import PositiveInt, register

Light = Literal["VL", "NI"]
Illumination = Literal["Strong", "Weak", "Dark"]
Crop = Literal["cropped", "original"]

LABELS = {
    "Anger": "anger",
    "Disgust": "disgust",
    "Fear": "fear",
    "Happiness": "happiness",
    "Sadness": "sadness",
    "Surprise": "surprise",
}
"""Folder of a sequence → expression."""

ABOUT = About(
    title="Oulu-CASIA",
    setting="lab",
    images="480 sequences of 80 persons per light, of each the first frame and the last 3",
    labels=dict(LABELS),
    layout=(
        "PreProcess_Img/VL_Acropped/Strong/P001/Anger/000.jpeg and so on",
        "OriginalImg/VL/Strong/P001/Anger/000.jpeg and so on",
    ),
    how_to_get=(
        "Oulu-CASIA NIR&VIS (Center for Machine Vision and Signal Analysis, University of Oulu) is"
        " given to researchers, who sign a licence for research:"
        " http://www.cse.oulu.fi/CMV/Downloads/Oulu-CASIA"
    ),
)

_PERSON = re.compile(r"P\d{3}", re.IGNORECASE)
_LEVELS = 6  # archives are unpacked into a folder of their name, which holds one of that name
_LABELS = {label.lower(): fine_id(name) for label, name in LABELS.items()}


@register("dataset", "oulu_casia")
def oulu_casia(
    *,
    root: Path | None = None,
    light: Light = "VL",
    illumination: Illumination = "Strong",
    crop: Crop | None = None,
    last_frames: PositiveInt = 3,
) -> FaceDataset:
    """Oulu-CASIA: eighty persons, sequences from a neutral face to one of six expressions.

    The first frame of a sequence is neutral, the last ones carry its label. The set has no splits.

    Args:
        root: Folder with ``PreProcess_Img/VL_Acropped/Strong/P001/Anger/000.jpeg`` or
            ``OriginalImg/VL/Strong/P001/Anger/000.jpeg`` and so on, or a folder inside, above the
            persons. Default ``$CRS_DATA/oulu_casia``.
        light: ``VL`` is visible light, ``NI`` near infrared.
        illumination: How the room was lit.
        crop: The set's ``cropped`` faces, or the ``original`` pictures of 320×240 px. By default
            what there is, and ``cropped`` if there is both.
        last_frames: How many frames at the end of a sequence carry its label.

    Raises:
        DataError: If there are no such sequences, or an expression's folder has another name.
    """
    folder = data_root(root, "oulu_casia", ABOUT.how_to_get)
    records = Records("oulu_casia", folder)
    recording = _chosen(folder, _Recording("", light, illumination, crop))
    for person in filter(_PERSON.fullmatch, folders_in(folder / recording)):
        _add_person(records, os.path.join(recording, person), last_frames)
    return records.dataset()


@dataclass(frozen=True)
class _Recording:
    """A folder of persons, and what the folders above call it; None where they do not say."""

    folder: str
    light: str | None
    illumination: str | None
    crop: str | None

    @classmethod
    def of(cls, root: Path, folder: str) -> "_Recording":
        # The root may be a folder inside, whose own name or that above then tells.
        names = [*root.resolve().parts[-3:], *Path(folder).parts]
        said: dict[str, str] = {}
        for name in map(str.lower, names):
            if name in ("strong", "weak", "dark"):
                said["illumination"] = name.capitalize()
            if re.fullmatch(r"(vl|ni)(_.*)?", name):
                said["light"] = name[:2].upper()
            if name.startswith("preprocess") or name.endswith("cropped"):
                said["crop"] = "cropped"
            elif "originalimg" in name:
                said["crop"] = "original"
        return cls(folder, said.get("light"), said.get("illumination"), said.get("crop"))

    def may_be(self, wanted: "_Recording") -> bool:
        """Return whether nothing that is said of it is other than what is wanted."""
        pairs = (
            (self.light, wanted.light),
            (self.illumination, wanted.illumination),
            (self.crop, wanted.crop),
        )
        return all(said is None or asked is None or said == asked for said, asked in pairs)

    def __str__(self) -> str:
        said = (self.light, self.illumination, self.crop)
        return f"{self.folder or '.'} ({', '.join(word for word in said if word) or 'not said'})"


def _chosen(root: Path, wanted: _Recording) -> str:
    """Return the folder of persons that the options ask for."""
    every = [_Recording.of(root, folder) for folder in folders_with(root, _PERSON, _LEVELS)]
    if not every:
        raise not_recognised("oulu_casia", root, ABOUT)
    found = [recording for recording in every if recording.may_be(wanted)]
    if wanted.crop is None and any(recording.crop == "cropped" for recording in found):
        found = [recording for recording in found if recording.crop == "cropped"]
    if len(found) == 1:
        return found[0].folder
    asked = f"light {wanted.light}, illumination {wanted.illumination}"
    asked += f", crop {wanted.crop}" if wanted.crop else ""
    what = "there are no sequences with" if not found else "more than one folder may be that with"
    there = ", ".join(map(str, found or every))
    raise DataError(
        f"data set oulu_casia: {what} {asked} in {root}; there is {there}. Choose by the options"
        " 'light', 'illumination' and 'crop', or set 'root' to a folder inside"
    )


def _add_person(records: Records, person: str, last: int) -> None:
    subject = os.path.basename(person).upper()
    stray = sum(map(is_image_name, files_in(records.root / person)))
    if stray:
        records.skip("image outside the folders of the expressions", stray)
    seen = set()
    for name in folders_in(records.root / person):
        fine = _LABELS.get(name.lower())
        folder = os.path.join(person, name)
        if fine is None:
            raise DataError(
                f"data set oulu_casia: {records.root / folder}: unknown expression"
                f" {name!r}{did_you_mean(name, LABELS)}; known are {', '.join(LABELS)}"
            )
        seen.add(fine)
        frames = frames_in(records.root / folder, records)
        add_sequence(records, folder, frames, fine, subject, last)
    missing = len(set(_LABELS.values()) - seen)
    if missing:
        records.skip("sequence missing", missing)
