"""A grid of recipes: every combination of values, each with several seeds."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b
from itertools import product
from pathlib import Path

from crs_plugin.errors import InputError
from crs_plugin.evaluation.comparison.short_keys import short_keys
from crs_plugin.recipe.problem import Findings, Place, Problem, RecipeError
from crs_plugin.recipe.reading import read_text
from crs_plugin.recipe.recipe import Recipe, load_recipe
from crs_plugin.recipe.tree import plain
from crs_plugin.recipe.writing import on_one_line
from crs_plugin.registry import Registry, registry

_SEED = "seed"
_OPENING, _CLOSING, _QUOTES = "[{(", "]})", "'\""
_LONGEST = 60


@dataclass(frozen=True)
class SweepRun:
    """One run of a sweep.

    Attributes:
        name: Tells its values and its seed; the name of its folder.
        overrides: What is set, ``KEY=VALUE`` each.
        recipe: The recipe.
    """

    name: str
    overrides: tuple[str, ...]
    recipe: Recipe


def sweep_runs(
    source: str | Path,
    settings: Sequence[str],
    seeds: int,
    *,
    registry: Registry = registry,
) -> tuple[SweepRun, ...]:
    """Return the runs of a grid, every seed of a combination before the next combination.

    Args:
        source: A recipe file, or the name of a shipped recipe.
        settings: ``dotted.key=VALUE`` each; several values are separated by commas that stand
            outside of brackets and quotes. Keys with one value are set in every run.
        seeds: Number of seeds, counted up from that of the recipe.
        registry: Where components are looked up.

    Raises:
        RecipeError: If a combination is no valid recipe; with the problems of all, each once.
        InputError: If two runs would be the same.
    """
    grid = [_choices(setting) for setting in settings]
    swept = [key for key, values in grid if len(values) > 1]
    if seeds > 1 and _SEED in swept:
        raise InputError(
            "--seeds counts seeds up from that of the recipe, and --set seed=… lists them: give"
            " one of them"
        )
    short = short_keys(swept)
    problems: dict[Problem, None] = {}
    runs: list[SweepRun] = []
    for values in product(*(choices for _, choices in grid)):
        chosen = [(key, value) for (key, _), value in zip(grid, values, strict=True)]
        told = [f"{short[key]}={_normal(value)}" for key, value in chosen if key in swept]
        overrides = [f"{key}={value}" for key, value in chosen]
        try:
            recipe = load_recipe(source, overrides, registry=registry)
            for seed in range(recipe.seed, recipe.seed + seeds):
                own = [] if _SEED in swept else [f"{_SEED}={seed}"]
                seeded = load_recipe(source, [*overrides, *own], registry=registry)
                runs.append(SweepRun(_folder_name([*told, *own]), (*overrides, *own), seeded))
        except RecipeError as error:
            problems |= dict.fromkeys(error.problems)
    if problems:
        raise RecipeError(problems)
    _check_apart(runs)
    return tuple(runs)


def split_at_commas(text: str) -> list[str]:
    """Return the parts between commas that stand outside of brackets and quotes."""
    parts, depth, quote = [""], 0, ""
    for letter in text:
        if quote:
            quote = "" if letter == quote else quote
        elif letter in _QUOTES:
            quote = letter
        elif letter in _OPENING:
            depth += 1
        elif letter in _CLOSING:
            depth -= 1
        elif letter == "," and depth == 0:
            parts.append("")
            continue
        parts[-1] += letter
    return [part.strip() for part in parts]


def _choices(setting: str) -> tuple[str, list[str]]:
    key, equals, text = setting.partition("=")
    values = split_at_commas(text)
    if not equals or not key.strip():
        raise InputError(
            f"--set {setting}: expected KEY=VALUE or KEY=VALUE,VALUE,… with a dotted key"
        )
    if len(values) > 1 and "" in values:
        raise InputError(f"--set {setting}: there is nothing between two commas, or after the last")
    return key.strip(), values


def _normal(value: str) -> str:
    """Return a value as a recipe is written, however it was typed: ``.5`` is ``0.5``."""
    node = read_text(value, Place("", Path()), Findings())
    return value if node is None else on_one_line(plain(node))


def _folder_name(told: Sequence[str]) -> str:
    whole = "_".join(f"{key}={_plain(value)}" for key, _, value in (t.partition("=") for t in told))
    if len(whole) <= _LONGEST:
        return whole
    digest = blake2b("_".join(told).encode(), digest_size=4).hexdigest()
    return f"{whole[:_LONGEST]}-{digest}"


def _plain(value: str) -> str:
    return re.sub(r"[^\w.+-]+", "-", value).strip("-")


def _check_apart(runs: Sequence[SweepRun]) -> None:
    named: dict[str, SweepRun] = {}
    for run in runs:
        other = named.setdefault(run.name, run)
        if other is not run:
            raise InputError(
                f"two runs of the sweep would have the folder {run.name}:"
                f" {', '.join(other.overrides)}; and {', '.join(run.overrides)}. Remove the value"
                " that is there twice"
            )
