"""What operating systems leave in folders of images, and nobody means."""

LITTER = frozenset(
    (
        "__macosx",
        "icon\r",
        "thumbs.db",
        "ehthumbs.db",
        "desktop.ini",
        "$recycle.bin",
        "system volume information",
        "@eadir",
    )
)
"""Names in lower case; those that start with a dot are litter as well."""


def is_litter(name: str) -> bool:
    """Return whether a file or folder is none of the user's."""
    return name.startswith(".") or name.lower() in LITTER
