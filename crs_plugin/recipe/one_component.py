"""A component that stands in no recipe, with options from the command line."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from crs_plugin.recipe.assembling import Assembly
from crs_plugin.recipe.overrides import overridden
from crs_plugin.recipe.problem import Findings, Place
from crs_plugin.recipe.spec import Spec
from crs_plugin.recipe.tree import Node
from crs_plugin.registry import registry


def one_component(
    kind: str,
    name: str,
    options: Mapping[str, str] | None = None,
    overrides: Sequence[str] = (),
) -> Spec:
    """Return a component as a recipe would have it, its options checked as a recipe's are.

    Args:
        kind: Kind of the component.
        name: Its name.
        options: Options that the command line has a word of its own for, as texts: ``root`` for
            ``--root``. Relative paths start from the current folder.
        overrides: ``option=VALUE`` each, the value as YAML.

    Raises:
        RecipeError: If there is no such component, or options are wrong or missing; all problems
            at once, each with the word of the command line that it comes from.
    """
    here, findings = Path.cwd(), Findings()
    given = {
        key: Node(text, Place(f"--{key} {text}", here)) for key, text in (options or {}).items()
    }
    top = Place("", here)
    tree = overridden(Node(given, top), overrides, findings)
    named = Node({"name": Node(name, top), **tree.mapping}, top)
    if "name" in tree.mapping:
        findings.add(tree.mapping["name"].place, "name", f"the {kind} is {name!r} already")
    spec = Assembly(registry, findings).alone(kind, named)
    findings.raise_if_any()
    assert spec is not None
    return spec
