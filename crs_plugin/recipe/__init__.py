"""Recipes: one YAML file that says what is trained on what, how, and what it is tested on."""

from crs_plugin.recipe.problem import Problem, RecipeError
from crs_plugin.recipe.recipe import Recipe, load_recipe
from crs_plugin.recipe.shipped import shipped_recipes
from crs_plugin.recipe.spec import Spec, TermSpec

__all__ = [
    "Problem",
    "Recipe",
    "RecipeError",
    "Spec",
    "TermSpec",
    "load_recipe",
    "shipped_recipes",
]
