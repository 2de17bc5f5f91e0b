"""The data that a command is about: a data set by name, or those of a recipe."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from crs_plugin.cli.completion import datasets_and_recipes
from crs_plugin.cli.set_option import set_option as set_option_of
from crs_plugin.errors import InputError

if TYPE_CHECKING:
    from crs_plugin.data.dataset import FaceDataset
    from crs_plugin.recipe import Recipe, Spec

data_argument = click.argument(
    "data", metavar="NAME_OR_RECIPE", shell_complete=datasets_and_recipes
)
root_option = click.option("--root", metavar="DIR", help="Folder of the data set NAME.")
set_option = set_option_of("an option of the data set, or a value of the recipe")


def chosen_data(data: str, root: str | None, overrides: Sequence[str]) -> "Spec | Recipe":
    """Return the data set that is named, or else the recipe.

    Args:
        data: Name of a data set, a recipe file, or the name of a shipped recipe.
        root: Folder of the data set.
        overrides: ``option=VALUE`` of the data set, or ``key=VALUE`` of the recipe, each.

    Raises:
        InputError: If there is neither a data set nor a recipe of that name, or a root is given
            with a recipe.
        RecipeError: If options, or the recipe, are wrong.
    """
    from crs_plugin.recipe import load_recipe, shipped_recipes
    from crs_plugin.recipe.one_component import one_component
    from crs_plugin.registry import registry

    names = registry.names("dataset")
    if data in names:
        return one_component("dataset", data, {} if root is None else {"root": root}, overrides)
    recipes = shipped_recipes()
    if data not in recipes and not _is_recipe_file(data):
        raise InputError(_unknown(data, list(names), list(recipes)))
    if root is not None:
        raise InputError(
            f"--root {root} is the folder of a data set, and {data} is a recipe: change its folders"
            f" with --set, as in --set data.root={root}"
        )
    return load_recipe(data, overrides)


def chosen_dataset(data: str, root: str | None, overrides: Sequence[str]) -> "FaceDataset":
    """Open the data set that is named, or what a recipe pre-trains on; all splits.

    Raises:
        InputError: As ``chosen_data``, or if the data cannot be used.
    """
    from crs_plugin.recipe import Recipe

    chosen = chosen_data(data, root, overrides)
    dataset: FaceDataset = chosen.source() if isinstance(chosen, Recipe) else chosen.build()
    return dataset


def _is_recipe_file(text: str) -> bool:
    return Path(text).is_file() or text.endswith((".yaml", ".yml"))


def _unknown(data: str, names: list[str], recipes: list[str]) -> str:
    from crs_plugin.did_you_mean import did_you_mean_clause
    from crs_plugin.recipe.problem import listed

    if Path(data).is_dir():
        return (
            f"{data} is a folder, where the name of a data set or a recipe belongs. If it has a"
            f" folder per expression, that is: image_folder --root {data}. Data sets are"
            f" {listed(names)}"
        )
    hint = did_you_mean_clause(data, [*names, *recipes], ".")
    return (
        f"there is no data set, recipe file or shipped recipe {data!r}{hint} Data sets are"
        f" {listed(names)}; shipped recipes are {listed(recipes)}"
    )
