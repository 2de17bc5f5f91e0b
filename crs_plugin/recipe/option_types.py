"""Types of options: checking a recipe's value against a constructor's annotation."""

import json
import math
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal, get_args, get_origin

from pydantic import ConfigDict, TypeAdapter, ValidationError
from pydantic.errors import PydanticSchemaGenerationError, PydanticUserError

from crs_plugin.did_you_mean import did_you_mean_clause
from crs_plugin.recipe.reading import described, resolved_scalar
from crs_plugin.recipe.tree import Node, plain
from crs_plugin.recipe.writing import on_one_line
from crs_plugin.registry import Option

_STRICT = ConfigDict(strict=True, arbitrary_types_allowed=True, allow_inf_nan=False)

_EXPECTED = {
    "float_type": "a number",
    "finite_number": "a finite number",
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "bool_type": "true or false",
    "string_type": "text",
    "path_type": "a path",
    "list_type": "a list",
    "tuple_type": "a list",
    "set_type": "a list",
    "frozen_set_type": "a list",
    "dict_type": "a mapping",
    "mapping_type": "a mapping",
    "none_required": "nothing",
    "needs_python_object": "something that only Python code can give",
    "callable_type": "something that only Python code can give",
    "is_instance_of": "something that only Python code can give",
}
_CONDITION = "value_error"
_BOUNDS = {
    "greater_than": (">", "gt"),
    "greater_than_equal": ("≥", "ge"),
    "less_than": ("<", "lt"),
    "less_than_equal": ("≤", "le"),
}


@dataclass(frozen=True)
class Mismatch:
    """A value that an option cannot take.

    Attributes:
        path: Where inside the value: keys and indices.
        message: What was found and what was expected.
    """

    path: tuple[str | int, ...]
    message: str


def converted(option: Option, value: Any) -> tuple[Any, list[Mismatch]]:
    """Return a plain value in the type that the constructor takes (a list as the tuple, …).

    Nothing is coerced: a text is no number, ``true`` no number, 1.0 no whole number; but a whole
    number may stand for any number. Numbers must be finite.

    Args:
        option: The option, with its annotation.
        value: The value as the recipe has it.

    Returns:
        The converted value, and what does not fit (then the value means nothing).
    """
    if value is None and option.default is None:
        return None, []
    adapter = _adapter(option.annotation)
    if adapter is None:
        return value, list(_infinite(value))
    try:
        return adapter.validate_json(json.dumps(value)), []
    except ValidationError as error:
        return value, _mismatches(error, value)


def json_schema(option: Option) -> dict[str, Any]:
    """Return the JSON schema of an option's values; empty (anything) where it has no type."""
    adapter = _adapter(option.annotation)
    try:
        schema = adapter.json_schema() if adapter else {}
    except PydanticUserError:
        schema = {}
    if "$defs" in schema:
        schema = {}
    default = option.default
    if not option.required and isinstance(default, str | int | float | bool | tuple | list):
        schema["default"] = list(default) if isinstance(default, tuple) else default
    return schema


def plain_with_paths(node: Node, option: Option) -> tuple[Any, Node]:
    """Return an option's plain value and its node, paths made absolute in both."""
    located = _with_paths(node, option.annotation)
    return plain(located), located


def _with_paths(node: Node, annotation: Any) -> Node:
    """Return the value with its paths made absolute, if the annotation has any.

    ``~`` is the home folder; a relative path starts from the folder of the recipe it stands in.
    Where the option takes names as well, a text counts as a path if it has a slash, begins with
    ``~``, or such a file is there.
    """
    leaves = set(_leaves(annotation))
    if Path not in leaves:
        return node
    return _located(node, names={leaf for leaf in leaves if leaf is str or isinstance(leaf, str)})


def _located(node: Node, names: set[Any]) -> Node:
    if isinstance(node.value, dict):
        return Node({k: _located(child, names) for k, child in node.value.items()}, node.place)
    if isinstance(node.value, list):
        return Node([_located(child, names) for child in node.value], node.place)
    if not isinstance(node.value, str) or node.value in names:
        return node
    path = node.place.folder / os.path.expanduser(node.value)
    named = str in names and not ("/" in node.value or node.value[:1] == "~" or path.exists())
    return node if named else Node(os.path.abspath(path), node.place)


def _leaves(annotation: Any) -> Iterator[Any]:
    """The types that an annotation is made of, keys apart; the values, for a ``Literal``."""
    origin = get_origin(annotation)
    if origin is Annotated:
        yield from _leaves(get_args(annotation)[0])
    elif origin is Literal:
        yield from get_args(annotation)
    elif origin is None:
        yield annotation
    else:
        keys = isinstance(origin, type) and issubclass(origin, Mapping)
        for argument in get_args(annotation)[keys:]:
            yield from _leaves(argument)


def _adapter(annotation: Any) -> TypeAdapter[Any] | None:
    if annotation is Any:
        return None
    try:
        return TypeAdapter(annotation, config=_STRICT)
    except (PydanticSchemaGenerationError, PydanticUserError):
        return None


def _infinite(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[Mismatch]:
    if isinstance(value, float) and not math.isfinite(value):
        expected = _EXPECTED["finite_number"]
        yield Mismatch(path, f"found {described(value)}, expected {expected}")
    children: Any = value.items() if isinstance(value, dict) else ()
    for key, child in enumerate(value) if isinstance(value, list) else children:
        yield from _infinite(child, (*path, key))


def _mismatches(error: ValidationError, value: Any) -> list[Mismatch]:
    """One mismatch for each place; of a union's branches those that got furthest speak."""
    expected: dict[tuple[str | int, ...], list[str]] = {}
    details = error.errors(include_url=False)
    for detail in details:
        path = _path(value, detail["loc"])
        missing = sum(d["type"] == "missing" and _path(value, d["loc"]) == path for d in details)
        phrase = _phrase(detail, _at(value, path), missing)
        if phrase not in expected.setdefault(path, []):
            expected[path].append(phrase)
    conditions = {_path(value, d["loc"]) for d in details if d["type"] == _CONDITION}
    deepest = max(map(len, expected))
    return [
        Mismatch(path, f"found {shown}, expected {' or '.join(_writable(phrases))}{hint}")
        for path, phrases in expected.items()
        if len(path) == deepest
        for found in [_at(value, path)]
        for shown in [_shown(found, path in conditions)]
        for hint in [_hint(found, phrases)]
    ]


def _shown(found: Any, whole: bool) -> str:
    return on_one_line(found) if whole and isinstance(found, list) else described(found)


def _writable(phrases: list[str]) -> list[str]:
    """The phrases without what a recipe cannot hold anyway, if any are left."""
    return [p for p in phrases if "Python" not in p] or phrases


def _path(value: Any, loc: tuple[str | int, ...]) -> tuple[str | int, ...]:
    """The part of a pydantic location that leads into the value, without tags of unions."""
    path: list[str | int] = []
    for step in loc:
        if isinstance(value, list):
            inside = isinstance(step, int) and step < len(value)
        else:
            inside = isinstance(value, dict) and step in value
        if inside:
            value = value[step]
            path.append(step)
    return tuple(path)


def _at(value: Any, path: tuple[str | int, ...]) -> Any:
    for step in path:
        value = value[step]
    return value


def _phrase(detail: Any, found: Any, missing: int) -> str:
    kind, context = detail["type"], detail.get("ctx", {})
    if kind in _EXPECTED:
        return _EXPECTED[kind]
    if kind in _BOUNDS:
        sign, bound = _BOUNDS[kind]
        return f"{sign} {context[bound]:g}"
    if kind == "literal_error":
        return f"{'one of ' if ',' in context['expected'] else ''}{context['expected']}"
    if kind == _CONDITION:
        return str(context["error"])
    if kind == "too_long":
        return f"at most {_items(context['max_length'])}"
    if kind == "too_short":
        return f"at least {_items(context['min_length'])}"
    if kind == "missing" and isinstance(found, list):
        return _items(len(found) + missing)
    return str(detail["msg"])


def _items(number: int) -> str:
    return f"{number} item{'s' * (number != 1)}"


def _hint(found: Any, phrases: list[str]) -> str:
    if not isinstance(found, str):
        return ""
    if "true or false" in phrases and found.lower() in ("yes", "no", "on", "off"):
        return f"; write {'true' if found.lower() in ('yes', 'on') else 'false'}"
    if any("number" in phrase for phrase in phrases):
        return "; remove the quotes" if isinstance(resolved_scalar(found), int | float) else ""
    choices = [word for phrase in phrases if "'" in phrase for word in phrase.split("'")[1::2]]
    return did_you_mean_clause(found, choices)
