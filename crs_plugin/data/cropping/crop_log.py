"""How each face was cut out, a line an image: what a later call goes on from."""

import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from crs_plugin.data.dataset import DataError
from crs_plugin.data.layouts.litter import is_litter
from crs_plugin.data.layouts.roots import what_is_at

LOG = "crops.jsonl"

OPTIONS = "options"
"""Entry of what the faces depend on: the data set's options, name → value as text. That the images
are others is known by their digest; these only say why."""

_NOT_SET = "(not set)"


@dataclass(frozen=True)
class Crop:
    """What became of an image.

    Attributes:
        index: Its number in the data set.
        file: The face's file, relative to the folder; None if there is none.
        reason: Why there is none; empty if there is one.
        faces: How many faces were found; None where nobody looked.
        score: How sure the detector is of this one, from 0 to 1.
        landmarks: x and y of its five landmarks in pixels of the photo.
    """

    index: int
    file: str | None = None
    reason: str = ""
    faces: int | None = None
    score: float | None = None
    landmarks: list[list[float]] | None = None


class CropLog:
    """The file ``crops.jsonl``: first how the faces are made, then a line for each image.

    Lines are appended as images are done; one that was cut off, for the process was killed, is
    dropped, so that its image is done again.

    Args:
        folder: Where the faces are; it is made if it does not exist.
        made_by: What the faces depend on, as plain values; with ``OPTIONS``, if they are known.

    Raises:
        DataError: If the folder has faces that were made otherwise, other files, or a damaged log.
    """

    def __init__(self, folder: Path, made_by: Mapping[str, Any]) -> None:
        self._path = folder / LOG
        self.done: dict[int, Crop] = {}
        folder.mkdir(parents=True, exist_ok=True)
        lines = self._whole_lines()
        if lines:
            self._take_over(lines, made_by)
        elif any(not is_litter(name) and name != LOG for name in os.listdir(folder)):
            raise DataError(
                f"{what_is_at(folder)}, none of which is of faces cut out before; name a new folder"
            )
        else:
            self._path.write_text(_line(made_by), encoding="utf-8")

    def add(self, crops: Iterable[Crop]) -> None:
        """Note images that are done."""
        crops = list(crops)
        with self._path.open("a", encoding="utf-8") as file:
            file.writelines(_line(asdict(crop)) for crop in crops)
        for crop in crops:
            self._note(crop)

    def _take_over(self, lines: list[str], made_by: Mapping[str, Any]) -> None:
        try:
            before = dict(json.loads(lines[0]))
            crops = [Crop(**json.loads(line)) for line in lines[1:]]
        except (ValueError, TypeError) as error:
            raise DataError(f"{self._path}: cannot be read: {error}; name a new folder") from error
        _check_same(self._path.parent, before, made_by)
        for crop in crops:
            self._note(crop)

    def _note(self, crop: Crop) -> None:
        self.done[crop.index] = crop

    def _whole_lines(self) -> list[str]:
        """Return the lines, and cut what comes after the last of them off the file."""
        if not self._path.is_file():
            return []
        data = self._path.read_bytes()
        whole = data.rfind(b"\n") + 1
        if whole < len(data):
            os.truncate(self._path, whole)
        return data[:whole].decode("utf-8", "replace").splitlines()


def _line(values: Mapping[str, Any]) -> str:
    return json.dumps(dict(values)) + "\n"


def _check_same(folder: Path, before: Mapping[str, Any], now: Mapping[str, Any]) -> None:
    differing = _differing(before, now)
    differing.pop(OPTIONS, None)
    if differing:
        options = {}
        if OPTIONS in before and OPTIONS in now:
            options = _differing(before[OPTIONS], now[OPTIONS], _NOT_SET)
        if options:  # which the digest of the images follows from
            differing.pop("images", None)
        named = {**differing, **{f"option {name!r}": pair for name, pair in options.items()}}
        listed = ", ".join(f"{key} {old} (now {new})" for key, (old, new) in named.items())
        raise DataError(f"{folder} has faces that were made otherwise: {listed}; name a new folder")


def _differing(
    before: Mapping[str, Any], now: Mapping[str, Any], absent: str | None = None
) -> dict[str, tuple[Any, Any]]:
    pairs = {key: (before.get(key, absent), now.get(key, absent)) for key in (*now, *before)}
    return {key: (old, new) for key, (old, new) in pairs.items() if old != new}
