"""A recipe as a tree of values that each know where they were written."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

from crs_plugin.recipe.problem import Place

Scalar: TypeAlias = bool | int | float | str | None


@dataclass(frozen=True)
class Node:
    """A value and its place.

    Attributes:
        value: A scalar, a list of nodes, or a mapping of nodes.
        place: Where it was written: the place of its key in a mapping, its own in a list.
        problem: What is wrong with a scalar, unless another value takes its place.
    """

    value: "Scalar | list[Node] | dict[str, Node]"
    place: Place
    problem: str | None = None

    @property
    def mapping(self) -> "dict[str, Node]":
        """The children by key; empty if this is no mapping."""
        return self.value if isinstance(self.value, dict) else {}

    @property
    def items(self) -> "list[Node]":
        """The children in order; empty if this is no list."""
        return self.value if isinstance(self.value, list) else []


def joined(key: str, child: str | int) -> str:
    """Return the dotted key of a child."""
    return f"{key}.{child}" if key else str(child)


def plain(node: Node) -> Any:
    """Return the values without their places: scalars, lists and dictionaries."""
    if isinstance(node.value, dict):
        return {key: plain(child) for key, child in node.value.items()}
    if isinstance(node.value, list):
        return [plain(child) for child in node.value]
    return node.value


def planted(value: Any, place: Place) -> Node:
    """Return the tree of a plain value, all of it at one place."""
    if isinstance(value, dict):
        return Node({str(key): planted(child, place) for key, child in value.items()}, place)
    if isinstance(value, list):
        return Node([planted(child, place) for child in value], place)
    return Node(value, place)


def walk(node: Node, key: str = "") -> Iterator[tuple[str, Node]]:
    """Yield every node below, with its dotted key, parents first."""
    children: Any = node.mapping.items() or enumerate(node.items)
    for name, child in children:
        inner = joined(key, name)
        yield inner, child
        yield from walk(child, inner)


def inherited(node: Node, by: str) -> Node:
    """Return the tree with every place marked as inherited."""
    place = replace(node.place, inherited_by=by)
    if isinstance(node.value, dict):
        return Node({key: inherited(child, by) for key, child in node.value.items()}, place)
    if isinstance(node.value, list):
        return Node([inherited(child, by) for child in node.value], place)
    return replace(node, place=place)


def merged(base: Node, over: Node, *, whole: bool = True) -> Node:
    """Return ``base`` with ``over`` laid on it: mappings key by key, lists and scalars replaced.

    A mapping that names another component than the one below replaces it whole, since the options
    of the one mean nothing to the other.

    Args:
        base: What is inherited.
        over: What is said anew.
        whole: Whether these are whole recipes, whose ``name`` names no component.
    """
    if not (isinstance(base.value, dict) and isinstance(over.value, dict)):
        return over
    if not whole and "name" in over.value and _name(over) != _name(base):
        return over
    children = dict(base.value)
    for key, child in over.value.items():
        below = children.get(key)
        children[key] = merged(below, child, whole=False) if below else child
    return Node(children, over.place)


def _name(node: Node) -> Any:
    name = node.mapping.get("name")
    return name.value if name else None
