"""A piece of a recipe that has a component at its place, to be pasted and changed."""

from collections.abc import Mapping
from typing import Any

from crs_plugin.recipe.layout import filled_in, is_step
from crs_plugin.recipe.option_types import converted
from crs_plugin.recipe.writing import on_one_line
from crs_plugin.registry import Component, Option

_AT = {
    "dataset": "data:\n  {}",
    "augmentation": "augmentation:\n  {}",
    "step": "augmentation:\n  name: fer_two_views\n  size: 48\n  then:\n    - {}",
    "backbone": "backbone:\n  {}",
    "projection": "heads:\n  projection:\n    {}",
    "coarse": "heads:\n  coarse:\n    {}",
    "miner": "miner:\n  {}",
    "loss": "objective:\n  - {}",
    "class_weights": "objective:\n  - name: crs_cont\n    class_weights:\n      {}",
    "reducer": "objective:\n  - name: pml/SupConLoss\n    reducer:\n      {}",
    "sampler": "sampler:\n  {}",
    "optimizer": "optimizer:\n  {}",
    "schedule": "schedule:\n  {}",
    "evaluation": "evaluation:\n  - {}",
    "reference": "references:\n  - {}",
    "logger": "loggers:\n  - {}",
}
"""Where a component stands, by its kind: an augmentation may be a step, a head has its role."""

_EXAMPLES = (0.1, 48, "NAME", [0.5, 1.0], [48, 48], {"negative": 0.5})
"""Values for options that must be given; the first one that fits is shown."""


def snippet(component: Component) -> str:
    """Return a valid piece of a recipe that has the component, with its defaults written out.

    Options that are filled in from the rest of the recipe are left out, as are those whose default
    a recipe cannot hold. For an option without a default an example stands, and is marked.
    """
    options = component.options()
    place = component.kind
    if place == "augmentation" and is_step(component):
        place = "step"
    elif place == "head":
        width = options.get("output_dim")
        place = "coarse" if width and width.required else "projection"
    left_out = filled_in(component.kind, place)
    lines = [f"name: {component.name}"]
    lines += [_line(option) for name, option in options.items() if name not in left_out]
    before = _AT[place].removesuffix("{}")
    column = len(before.rpartition("\n")[2])
    return before + f"\n{' ' * column}".join(filter(None, lines))


_DOMAINS = [{"name": "synthetic_faces", "domain": domain} for domain in ("wild", "lab")]
_PARTS: Mapping[str, Any] = {"class_weights": {"negative": 0.5}, "dataset": _DOMAINS}
"""Components, by kind, for options that must be given one or a list of them."""


def _line(option: Option) -> str:
    """The line of an option; nothing, if it is best left out."""
    if option.part is not None:
        example = _PARTS.get(option.part.kind) if option.required else None
        return f"{option.name}: {on_one_line(example)}  # must be given" if example else ""
    if option.required:
        examples = (1,) if option.annotation is Any else _EXAMPLES
        example = next((value for value in examples if _fits(option, value)), "…")
        return f"{option.name}: {on_one_line(example)}  # must be given"
    if option.default is None or not _is_plain(option.default) or not _fits(option, option.default):
        return ""
    return f"{option.name}: {on_one_line(option.default)}"


def _is_plain(value: Any) -> bool:
    if isinstance(value, list | tuple):
        return all(map(_is_plain, value))
    return isinstance(value, bool | int | float | str)


def _fits(option: Option, value: Any) -> bool:
    return not converted(option, value)[1]
