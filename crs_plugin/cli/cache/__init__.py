"""``crs cache``: one file a subcommand."""

import click

from crs_plugin.cli.lazy_group import LazyGroup

_HERE = "crs_plugin.cli.cache"


@click.group(
    "cache",
    cls=LazyGroup,
    subcommands={
        "list": (f"{_HERE}.list", "List what is in the cache."),
        "verify": (f"{_HERE}.verify", "Read entries and compare them with their checksums."),
        "clear": (f"{_HERE}.clear", "Remove entries."),
    },
    epilog="Example: crs cache list",
)
def command() -> None:
    """Look at, check and clear the cache of decoded images.

    It lies in $CRS_CACHE, or else in the platform's cache folder, and takes at most
    $CRS_CACHE_LIMIT (such as 20GB), or else half of the disk that is free; the entries used least
    recently make room for new ones.
    """
