"""What the modules of a room register, read from their text, so that they need not be imported."""

import importlib.util
import re
from functools import cache
from pathlib import Path

_REGISTERED = re.compile(
    r'^@register(?P<family>_family)?\(\s*"(?P<kind>\w+)",\s*(?:prefix=)?"(?P<name>[^"]*)"',
    re.MULTILINE,
)


@cache
def components_in(room: str) -> dict[tuple[str, str], str]:
    """Return (kind, name) → module of the components that a package's own modules register."""
    return {key: module for key, module, family in _registered_in(room) if not family}


@cache
def families_in(room: str) -> dict[tuple[str, str], str]:
    """Return (kind, prefix) → module of the families that a package's own modules register."""
    return {key: module for key, module, family in _registered_in(room) if family}


def _registered_in(room: str) -> list[tuple[tuple[str, str], str, bool]]:
    found = []
    spec = importlib.util.find_spec(room)
    for folder in (spec and spec.submodule_search_locations) or ():
        for file in sorted([*Path(folder).glob("*.py"), *Path(folder).glob("*/__init__.py")]):
            stem = file.parent.name if file.name == "__init__.py" else file.stem
            module = room if file == Path(folder, "__init__.py") else f"{room}.{stem}"
            for match in _REGISTERED.finditer(file.read_text(encoding="utf-8")):
                key = match["kind"], match["name"]
                found.append((key, module, match["family"] is not None))
    return found
