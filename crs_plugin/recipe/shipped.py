"""Where the recipes that come with the package lie."""

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parents[1]
_HOMES = (_PACKAGE / "recipes", _PACKAGE.parent / "recipes")
"""Inside an installed package; beside it in a checkout."""


def shipped_recipes() -> dict[str, Path]:
    """Return name → file of the recipes that come with the package, by name."""
    home = next((folder for folder in _HOMES if folder.is_dir()), None)
    return {path.stem: path for path in sorted(home.glob("*.yaml"))} if home else {}


def shipped_name(file: Path) -> str | None:
    """Return the name of the shipped recipe that a file is, or None if it is none."""
    return next((n for n, path in shipped_recipes().items() if path == file.resolve()), None)
