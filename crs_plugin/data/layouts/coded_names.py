"""Images whose file names are a code that says who and what they show."""

import os
import re
from collections.abc import Iterator, Mapping

from crs_plugin.data.images import is_image_name
from crs_plugin.data.layouts.image_tree import files_below
from crs_plugin.data.layouts.records import Records


def coded_images(
    records: Records,
    code: re.Pattern[str],
    example: str,
    misspelt: Mapping[str, str] | None = None,
) -> Iterator[tuple[str, re.Match[str]]]:
    """Yield the path of each image below the root of the records, with what its name says.

    A code stands for one picture: a second file of that name, in another folder or format, is
    counted, as are files that are no images, and images with other names.

    Args:
        records: Whose root is looked through; counts what is left out.
        code: Matches the whole of a name, without its suffix and in upper case.
        example: A name, for the reason why an image is left out.
        misspelt: Names that the set itself has wrong → as they should be, both in upper case.
    """
    seen: set[str] = set()
    for path in files_below(records.root):
        stem, suffix = os.path.splitext(os.path.basename(path))
        stem = stem.upper()
        stem = (misspelt or {}).get(stem, stem)
        match = code.fullmatch(stem)
        if not is_image_name(path):
            records.skip(f"not an image file ({suffix.lower() or 'no suffix'})")
        elif match is None:
            records.skip(f"image whose name is not like {example}")
        elif stem in seen:
            records.skip("image that is there twice by its name")
        else:
            seen.add(stem)
            yield path, match
