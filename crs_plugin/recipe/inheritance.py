"""Recipes that build on others: ``extends: other.yaml``, or the name of a shipped recipe."""

import os
from pathlib import Path

from crs_plugin.recipe.catalogue import UnknownRecipeError, find_recipe
from crs_plugin.recipe.problem import Findings, Place
from crs_plugin.recipe.reading import described, read_file
from crs_plugin.recipe.tree import Node, inherited, merged


def read_tree(source: str | Path, findings: Findings) -> Node | None:
    """Read a recipe and everything that it extends, merged.

    Args:
        source: A file, or the name of a shipped recipe.
        findings: Gets the problems.

    Returns:
        The merged tree without ``extends``; None if a file of the chain cannot be used.
    """
    path = Path(os.path.expanduser(source))
    if not path.is_file() and not _is_path(str(source)):
        try:
            path = _shipped(str(source))
        except UnknownRecipeError as error:
            findings.add(Place(str(source), Path.cwd()), "", str(error))
            return None
    return _read(path, (), findings)


def _read(path: Path, trail: tuple[Path, ...], findings: Findings) -> Node | None:
    node = read_file(path, str(path), findings)
    if node is None or "extends" not in node.mapping:
        return node
    children = dict(node.mapping)
    extends = children.pop("extends")
    own = Node(children, node.place)
    trail = (*trail, path.resolve())
    base_path = _base(extends, findings)
    if base_path is None:
        return None
    if base_path.resolve() in trail:
        circle = [*trail[trail.index(base_path.resolve()) :], base_path]
        names = " → ".join(step.name for step in circle)
        findings.add(extends.place, "extends", f"recipes extend each other in a circle: {names}")
        return None
    base = _read(base_path, trail, findings)
    return merged(inherited(base, str(path)), own) if base else None


def _base(extends: Node, findings: Findings) -> Path | None:
    name = extends.value
    if extends.problem:
        findings.add(extends.place, "extends", extends.problem)
        return None
    if not isinstance(name, str):
        findings.add(
            extends.place,
            "extends",
            f"found {described(name)}, expected a recipe file or the name of a shipped recipe",
        )
        return None
    beside = extends.place.folder / os.path.expanduser(name)
    if beside.is_file():
        return beside
    if _is_path(name):
        findings.add(extends.place, "extends", f"there is no recipe file {beside}")
        return None
    try:
        return _shipped(name)
    except UnknownRecipeError as error:
        findings.add(extends.place, "extends", str(error))
        return None


def _shipped(name: str) -> Path:
    """The file of a shipped recipe, by a short path where there is one."""
    path = find_recipe(name)
    return path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path


def _is_path(name: str) -> bool:
    return "/" in name or Path(name).suffix in (".yaml", ".yml")
