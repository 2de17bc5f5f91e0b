"""Values from the command line: ``--set optimizer.lr=3e-3``."""

from collections.abc import Sequence
from pathlib import Path

from crs_plugin.recipe.problem import Findings, Place
from crs_plugin.recipe.reading import described, read_text
from crs_plugin.recipe.tree import Node, joined


def overridden(
    tree: Node, overrides: Sequence[str], findings: Findings, set_by: str = "--set"
) -> Node:
    """Return the tree with values set.

    A key may be new, as long as the recipe may have it (the schema tells); a list is entered by
    the number of the item, from 0. The value is YAML, so ``3e-3`` is a number and ``[a, b]`` a
    list.

    Args:
        tree: The recipe.
        overrides: ``dotted.key=VALUE`` each; later ones win.
        findings: Gets the problems.
        set_by: What problems call the overrides.
    """
    for override in overrides:
        key, equals, text = override.partition("=")
        key = key.strip()
        place = Place(f"{set_by} {override}", Path.cwd())
        steps = key.split(".")
        if not equals or not all(steps):
            findings.add(place, "", "expected KEY=VALUE with a dotted key, as in optimizer.lr=3e-3")
            continue
        value = read_text(text, place, findings, key=key)
        if value is not None:
            tree = _with(tree, steps, value, "", findings)
    return tree


def _with(node: Node, steps: Sequence[str], value: Node, key: str, findings: Findings) -> Node:
    """Return the node with the value put in at the end of the steps."""
    if not steps:
        return value
    step, inner = steps[0], joined(key, steps[0])
    if isinstance(node.value, list):
        index = _index(node, step)
        if index is None:
            findings.add(value.place, inner, _no_such_item(node, step, key))
            return node
        items = list(node.value)
        items[index] = _with(items[index], steps[1:], value, inner, findings)
        return Node(items, node.place)
    if node.value is not None and not isinstance(node.value, dict):
        findings.add(
            value.place, inner, f"{key} is {described(node.value)}, which has no keys inside"
        )
        return node
    child = node.mapping.get(step) or Node(None, value.place)
    place = node.place if node.value is not None else value.place
    return Node(
        {**node.mapping, step: _with(child, steps[1:], value, inner, findings)},
        place,
    )


def _index(node: Node, step: str) -> int | None:
    index = int(step) if step.isascii() and step.isdigit() else -1
    return index if 0 <= index < len(node.items) else None


def _no_such_item(node: Node, step: str, key: str) -> str:
    names = [item.mapping["name"].value if "name" in item.mapping else "" for item in node.items]
    items = ", ".join(f"{i} ({name})" if name else str(i) for i, name in enumerate(names))
    hint = f"; did you mean '{key}.{names.index(step)}'?" if step in names else "."
    return f"{key} is a list, found {step!r}{hint} Its items are {items or 'none'}"
