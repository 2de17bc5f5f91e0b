"""Sequences of frames that begin with a neutral face and end with an expression at its strongest.

Sets from laboratories consist of them. What is usual: the first frame is neutral, the last three
carry the label, and those between are left out.
"""

import os
import re
from pathlib import Path

from crs_plugin.data.images import is_image_name
from crs_plugin.data.layouts.image_tree import files_in
from crs_plugin.data.layouts.records import Records
from crs_plugin.expressions import fine_id

_NUMBERED = re.compile(r"(?:.*_)?(\d+)")


def frame_number(name: str) -> int | None:
    """Return a frame's number, which its name without the suffix ends in, or None."""
    match = _NUMBERED.fullmatch(os.path.splitext(name)[0])
    return int(match[1]) if match else None


def frames_in(folder: Path, records: Records) -> dict[int, str]:
    """Return number → file name of the frames in a sequence's folder, in the order of time.

    Args:
        folder: The folder.
        records: Counts the files that are no frames.
    """
    frames: dict[int, str] = {}
    for name in files_in(folder):
        number = frame_number(name)
        if not is_image_name(name):
            records.skip(f"not an image file ({os.path.splitext(name)[1].lower() or 'no suffix'})")
        elif number is None:
            records.skip("image whose name is not that of a frame")
        elif frames.setdefault(number, name) != name:
            records.skip("frame that is there twice")
    return dict(sorted(frames.items()))


def add_sequence(
    records: Records, folder: str, frames: dict[int, str], fine: int, subject: str, last: int
) -> None:
    """Add the first frame of a sequence as neutral, and its last ones with the label.

    The first frame is neutral even where there are fewer others than ``last``.

    Args:
        records: Takes the frames; those that are left out are counted.
        folder: Folder of the sequence, relative to the root of the records.
        frames: Number → file name in the order of time.
        fine: Fine id of the label.
        subject: The person.
        last: How many frames carry the label.
    """
    names = list(frames.values())
    if len(names) < 2:
        records.skip("sequence of a single frame" if names else "sequence without images")
        return
    first, labelled = names[0], names[1:][-last:]
    records.add(os.path.join(folder, first), fine_id("neutral"), "all", subject)
    for name in labelled:
        records.add(os.path.join(folder, name), fine, "all", subject)
    between = len(names) - 1 - len(labelled)
    if between:
        what = f"last {last}" if last > 1 else "last"
        records.skip(f"frame between the first and the {what} of its sequence", between)
