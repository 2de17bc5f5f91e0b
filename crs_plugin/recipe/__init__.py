"""Recipes: one YAML file that says what is trained on what, how, and what it is tested on.

The way of one through this room: ``inheritance``, ``reading`` and ``overrides`` make a ``tree`` of
values that know their lines; ``assembling`` makes a ``recipe`` of it, by the ``layout`` of its
sections and the ``option_types`` of its components (``component_reading``); ``fitting`` and
``checks`` see whether the parts go together, and ``building`` builds them. What is done with a
recipe is next door, in ``crs_plugin.runs``.

The names below load on first use: where the shipped recipes lie is asked for at every Tab.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from crs_plugin.recipe.problem import Problem, RecipeError
    from crs_plugin.recipe.recipe import Recipe, load_recipe
    from crs_plugin.recipe.shipped import shipped_recipes
    from crs_plugin.recipe.spec import Spec, TermSpec

_HOMES = {
    "Problem": "problem",
    "Recipe": "recipe",
    "RecipeError": "problem",
    "Spec": "spec",
    "TermSpec": "spec",
    "load_recipe": "recipe",
    "shipped_recipes": "shipped",
}

__all__ = [
    "Problem",
    "Recipe",
    "RecipeError",
    "Spec",
    "TermSpec",
    "load_recipe",
    "shipped_recipes",
]


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
