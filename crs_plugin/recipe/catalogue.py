"""The recipes that come with the package."""

from pathlib import Path

from crs_plugin.errors import InputError
from crs_plugin.recipe.problem import did_you_mean, listed

_PACKAGE = Path(__file__).resolve().parents[1]
_HOMES = (_PACKAGE / "recipes", _PACKAGE.parent / "recipes")
"""Inside an installed package; beside it in a checkout."""


class UnknownRecipeError(InputError):
    """There is no file and no shipped recipe of that name."""


def shipped_recipes() -> dict[str, Path]:
    """Return name → file of the recipes that come with the package, by name."""
    home = next((folder for folder in _HOMES if folder.is_dir()), None)
    return {path.stem: path for path in sorted(home.glob("*.yaml"))} if home else {}


def find_recipe(name: str) -> Path:
    """Return the file of a shipped recipe.

    Raises:
        UnknownRecipeError: If there is none of that name; the message lists them.
    """
    recipes = shipped_recipes()
    if name not in recipes:
        raise UnknownRecipeError(
            f"there is no file and no shipped recipe {name!r}{did_you_mean(name, recipes, '.')}"
            f" Shipped are {listed(list(recipes))}"
        )
    return recipes[name]


def description(path: Path) -> str:
    """Return what a recipe says of itself: its first line, if that is a comment."""
    with path.open(encoding="utf-8") as lines:
        first = lines.readline().strip()
    return first.lstrip("# ") if first.startswith("#") else ""
