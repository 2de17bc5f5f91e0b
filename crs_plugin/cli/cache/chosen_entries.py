"""The entries that a command is about."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from crs_plugin.errors import InputError

if TYPE_CHECKING:
    from crs_plugin.data.cache.entry import Entry


def chosen_entries(names: Sequence[str]) -> "list[Entry]":
    """Return the entries that are named, each by the beginning of its name; all for no name.

    Raises:
        InputError: If a name means none, or several.
    """
    from crs_plugin.data.cache.entry import entries

    found = entries()
    if not names:
        return found
    chosen = []
    for name in names:
        meant = [entry for entry in found if entry.key.startswith(name)]
        if len(meant) != 1:
            several = f"{len(meant)} entries begin with {name!r}" if meant else f"no entry {name!r}"
            raise InputError(f"{several}; 'crs cache list' lists them")
        chosen += meant
    return chosen
