"""Names of figures' files that do not clash between evaluations."""

import re


def file_name(*parts: str) -> str:
    """Return the parts as one file name without suffix, of letters, digits and ``_``."""
    return re.sub(r"\W+", "_", " ".join(parts).lower()).strip("_")
