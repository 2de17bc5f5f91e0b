"""The recipes that come with the package."""

import os
import re
from pathlib import Path

from crs_plugin.did_you_mean import did_you_mean_clause
from crs_plugin.errors import InputError
from crs_plugin.recipe.problem import listed
from crs_plugin.recipe.shipped import shipped_recipes
from crs_plugin.recipe.writing import on_one_line


class UnknownRecipeError(InputError):
    """There is no file and no shipped recipe of that name."""


def find_recipe(name: str) -> Path:
    """Return the file of a shipped recipe.

    Raises:
        UnknownRecipeError: If there is none of that name; the message lists them.
    """
    recipes = shipped_recipes()
    if name not in recipes:
        inside = Path(os.path.expanduser(name)) / "recipe.yaml"
        if inside.is_file():
            raise UnknownRecipeError(f"{name} is the folder of a run: did you mean {inside}?")
        raise UnknownRecipeError(
            f"there is no file and no shipped recipe {name!r}"
            f"{did_you_mean_clause(name, recipes, '.')} Shipped are {listed(list(recipes))}"
        )
    return recipes[name]


def renamed_copy(name: str, new_name: str) -> str:
    """Return the text of a shipped recipe under another ``name:``; nothing else changes.

    Raises:
        UnknownRecipeError: If there is none of that name; the message lists them.
    """
    text = find_recipe(name).read_text(encoding="utf-8")
    return re.sub(r"(?m)^name: *[^\s#]+", lambda _: f"name: {on_one_line(new_name)}", text, count=1)


def description(path: Path) -> str:
    """Return what a recipe says of itself: its first line, if that is a comment."""
    with path.open(encoding="utf-8") as lines:
        first = lines.readline().strip()
    return first.lstrip("# ") if first.startswith("#") else ""
