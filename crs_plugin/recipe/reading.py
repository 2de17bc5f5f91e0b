"""Reading YAML 1.2 into a tree that knows the line and column of every value."""

from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, StringMark, YAMLError
from ruamel.yaml.nodes import MappingNode, ScalarNode, SequenceNode
from ruamel.yaml.nodes import Node as YamlNode
from ruamel.yaml.reader import ReaderError

from crs_plugin.errors import InputError
from crs_plugin.recipe.environment_variables import (
    EnvironmentVariableError,
    is_one_reference,
    substituted,
)
from crs_plugin.recipe.problem import Findings, Place
from crs_plugin.recipe.tree import Node, Scalar, joined, plain, walk

_YAML_TAG = "tag:yaml.org,2002:"
_TYPED = {_YAML_TAG + name for name in ("null", "bool", "int", "float")}
_TEXT = {_YAML_TAG + name for name in ("str", "timestamp", "value")}
_INT = _YAML_TAG + "int"  # as a key, a number that labels something, is a text
_MERGE = _YAML_TAG + "merge"
_SHOWN = 60  # letters of a text that was found


def read_file(path: Path, source: str, findings: Findings) -> Node | None:
    """Read a recipe file.

    Args:
        path: The file.
        source: What to call it in messages.
        findings: Gets the problems.

    Returns:
        The tree, whose root is a mapping; None if there is none (a problem says why).
    """
    folder = path.absolute().parent
    top = Place(source, folder, 1, 1)
    try:
        data = path.read_bytes()
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        column = error.start - data.rfind(b"\n", 0, error.start)
        place = Place(source, folder, line, column)
        found = f"byte {data[error.start]:#04x}"
        findings.add(place, "", f"the file is not UTF-8 text: found {found}; save it as UTF-8")
        return None
    except OSError as error:
        findings.add(
            Place(source, folder), "", f"the recipe cannot be read: {error.strerror or error}"
        )
        return None
    node = read_text(text, top, findings)
    if node is None or isinstance(node.value, dict):
        return node
    if node.value is None:
        findings.add(top, "", "the recipe is empty; 'crs recipe list' names recipes to start from")
    else:
        findings.add(top, "", f"a recipe is a mapping of keys, found {described(node.value)}")
    return None


def read_text(text: str, top: Place, findings: Findings, *, key: str = "") -> Node | None:
    """Read YAML text.

    Args:
        text: One YAML document.
        top: The place of its beginning; places inside are counted from there if it has a line,
            and are all ``top`` otherwise.
        findings: Gets the problems.
        key: Dotted key of the whole document.

    Returns:
        The tree, environment variables replaced; None if the text is no YAML.
    """
    try:
        document = _yaml().compose(text)
    except YAMLError as error:
        line, column = _position(error, text)
        place = Place(top.source, top.folder, line, column) if top.line else top
        findings.add(place, key, f"broken YAML: {_explained(error, text, line)}")
        return None
    if document is None:
        return Node(None, top)
    return _Reader(top, findings).node(document, top, key)


def add_problems(tree: Node, findings: Findings) -> None:
    """Add the problems of the values that have stayed in a recipe."""
    for key, node in walk(tree):
        if node.problem:
            findings.add(node.place, key, node.problem, settles=True)


def read_resolved(path: Path) -> dict[str, Any]:
    """Return the values of a resolved recipe, as ``Recipe.to_yaml`` wrote it.

    Raises:
        RecipeError: If the file cannot be read.
    """
    findings = Findings()
    node = read_file(path, str(path), findings)
    if node is not None:
        add_problems(node, findings)
    findings.raise_if_any()
    if node is None:
        raise InputError(f"{path} holds no recipe")
    values: dict[str, Any] = plain(node)
    return values


def resolved_scalar(text: str) -> Scalar:
    """Return what a plain YAML 1.2 scalar stands for: ``1e-4`` a number, ``no`` a text."""
    yaml = _yaml()
    tag = str(yaml.resolver.resolve(ScalarNode, text, (True, False)))
    if tag not in _TYPED:
        return text
    value: Scalar = yaml.constructor.construct_object(ScalarNode(tag, text), deep=True)
    return value


def described(value: Any) -> str:
    """Return a value as people would call it: ``text 'a'``, ``3``, ``a list of 2``.

    Of a long text the beginning is enough: it may be a whole file that is no recipe.
    """
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return f"text {value[:_SHOWN]!r}" + "…" * (len(value) > _SHOWN)
    if isinstance(value, list):
        return f"a list of {len(value)}"
    return "a mapping" if isinstance(value, dict) else f"{value}"


def add_mismatch(findings: Findings, node: Node, key: str, expected: str) -> None:
    """Note that a value is not what its key takes.

    Args:
        findings: Gets the problem.
        node: The value.
        key: Its dotted key.
        expected: What would be right.
    """
    findings.add(node.place, key, f"found {described(plain(node))}, expected {expected}")


class _Reader:
    """Turns the nodes of ruamel.yaml into ours."""

    def __init__(self, top: Place, findings: Findings) -> None:
        self.top = top
        self.findings = findings
        self.open: list[int] = []

    def node(self, node: YamlNode, place: Place, key: str) -> Node:
        if id(node) in self.open:
            self.findings.add(place, key, f"the alias *{node.anchor} contains itself")
            return Node(None, place)
        self.open.append(id(node))
        try:
            if isinstance(node, MappingNode):
                return Node(self.mapping(node, key), place)
            if isinstance(node, SequenceNode):
                return Node(self.sequence(node, key), place)
            return (
                self.scalar(node, place, key) if isinstance(node, ScalarNode) else Node(None, place)
            )
        finally:
            self.open.pop()

    def mapping(self, node: MappingNode, key: str) -> dict[str, Node]:
        children: dict[str, Node] = {}
        merges: list[dict[str, Node]] = []
        for key_node, value_node in node.value:
            place = self.place(key_node)
            if key_node.tag == _MERGE:
                merges += self.merges(value_node, place, key)
                continue
            name = key_node.value
            if not isinstance(key_node, ScalarNode) or key_node.tag in _TYPED - {_INT}:
                found = f"{name}" if isinstance(name, str) else "a list or mapping"
                message = f"a key must be text, found {found}"
                hint = f"; write it in quotes: {name!r}" if isinstance(name, str) else ""
                self.findings.add(place, key, message + hint)
                continue
            inner = joined(key, name)
            if name in children:
                before = children[name].place.line
                first = f", first in line {before}" if before else ""
                self.findings.add(
                    place, inner, f"duplicate key: {name!r} stands here twice{first}; remove one"
                )
                continue
            children[name] = self.node(value_node, place, inner)
        for merge in merges:
            children = merge | children
        return children

    def merges(self, node: YamlNode, place: Place, key: str) -> list[dict[str, Node]]:
        found = self.node(node, place, key)
        nodes = found.items if isinstance(found.value, list) else [found]
        if not all(isinstance(child.value, dict) for child in nodes):
            self.findings.add(place, joined(key, "<<"), "expected a mapping, or a list of them")
        return [child.mapping for child in nodes]

    def sequence(self, node: SequenceNode, key: str) -> list[Node]:
        return [
            self.node(child, self.place(child), joined(key, index))
            for index, child in enumerate(node.value)
        ]

    def scalar(self, node: ScalarNode, place: Place, key: str) -> Node:
        tag, text = str(node.tag), str(node.value)
        if tag not in _TYPED | _TEXT:
            self.findings.add(place, key, f"YAML tags are not used in recipes, found {tag}")
            return Node(None, place)
        if tag in _TYPED:
            value: Scalar = _yaml().constructor.construct_object(node, deep=True)
            return Node(value, place)
        try:
            replaced = substituted(text)
        except EnvironmentVariableError as error:
            return Node(text, place, problem=str(error))
        return Node(resolved_scalar(replaced) if is_one_reference(text) else replaced, place)

    def place(self, node: YamlNode) -> Place:
        if not self.top.line:
            return self.top
        mark = node.start_mark
        return Place(self.top.source, self.top.folder, mark.line + 1, mark.column + 1)


def _yaml() -> YAML:
    return YAML(typ="safe", pure=True)


def _position(error: YAMLError, text: str) -> tuple[int, int]:
    """Line and column of a YAML error, from 1."""
    if isinstance(error, ReaderError):
        before = text[: error.position]
        return before.count("\n") + 1, error.position - before.rfind("\n")
    mark = getattr(error, "problem_mark", None)
    if mark is None or _is_at_end(error):  # then it is told best where the open one began
        mark = getattr(error, "context_mark", None) or mark
    return (mark.line + 1, mark.column + 1) if isinstance(mark, StringMark) else (1, 1)


def _is_at_end(error: YAMLError) -> bool:
    problem = str(getattr(error, "problem", ""))
    return "end of stream" in problem or "<stream end>" in problem  # of a quote, of a bracket


def _explained(error: YAMLError, text: str, line: int) -> str:
    if isinstance(error, ReaderError):
        return f"found the character {ord(text[error.position]):#04x}, which no text may hold"
    if not isinstance(error, MarkedYAMLError) or not error.problem:
        return str(error).partition("\n")[0]
    written = text.splitlines()[line - 1] if line <= len(text.splitlines()) else ""
    context = f" {error.context}" if error.context else ""
    return f"{error.problem}{context}{_remedy(error, written)}"


def _remedy(error: MarkedYAMLError, written: str) -> str:
    problem = str(error.problem)
    if "\\t" in problem:
        return "; indent with spaces, YAML allows no tabs"
    if "'{'" in problem and "${" in written:
        return '; inside braces or brackets write "${NAME}" in quotes'
    if "another document" in problem:
        return "; a recipe is one document: remove the line ---"
    if "mapping values" in problem:
        return "; a text that holds ': ' needs quotes, and a key stands alone on its line"
    if _is_at_end(error):
        return "; a quote or bracket is not closed"
    return ""
