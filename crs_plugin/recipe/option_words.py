"""What a recipe may give for an option, in words: ``number > 0``, ``'a' or 'b'``, ``[text, …]``."""

import types
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from annotated_types import Ge, GroupedMetadata, Gt, Le, Lt, MaxLen, MinLen

from crs_plugin.recipe.writing import on_one_line
from crs_plugin.registry import Condition, Option

_SIMPLE = {
    Any: "anything",
    Path: "path",
    bool: "true or false",
    float: "number",
    int: "whole number",
    str: "text",
    type(None): "null",
}
_OF_PYTHON = "a Python object"


def option_words(option: Option) -> str:
    """Return what a recipe may give for an option, on one line."""
    if option.part is not None:
        return f"list of {option.part.kind}" if option.part.many else option.part.kind
    return _words(option.annotation)


def default_words(option: Option) -> str:
    """Return an option's default as a recipe has it, or that there is none."""
    if option.required:
        return "(must be given)"
    default = option.default
    plain = default is None or isinstance(default, bool | int | float | str | list | tuple)
    return on_one_line(default) if plain else repr(default)


def _words(annotation: Any) -> str:
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _bounded(_words(arguments[0]), list(_marks(arguments[1:])))
    if origin is Literal:
        return " or ".join(map(repr, arguments))
    if origin in (Union, types.UnionType):
        words = dict.fromkeys(map(_words, arguments))
        return " or ".join([word for word in words if word != _OF_PYTHON] or words)
    if not (isinstance(origin, type) and issubclass(origin, Collection) and arguments):
        return _SIMPLE.get(annotation, _OF_PYTHON)
    inside = list(map(_words, arguments))
    if issubclass(origin, Mapping):
        return f"{{{': '.join(inside)}}}"
    if origin is tuple and arguments[-1] is not ...:
        return f"[{', '.join(inside)}]"
    return f"[{inside[0]}, …]"


def _marks(metadata: tuple[Any, ...]) -> Iterator[Any]:
    for mark in metadata:
        yield from mark if isinstance(mark, GroupedMetadata) else (mark,)


def _bounded(words: str, marks: list[Any]) -> str:
    below = above = after = ""
    least = most = None
    for mark in marks:
        match mark:
            case Gt(bound):
                below, after = f"{bound} < ", f" > {bound}"
            case Ge(bound):
                below, after = f"{bound} ≤ ", f" ≥ {bound}"
            case Lt(bound):
                above = f" < {bound}"
            case Le(bound):
                above = f" ≤ {bound}"
            case MinLen(number):
                least = number
            case MaxLen(number):
                most = number
    words = f"{below}{words}{above}" if above else f"{words}{after}"
    if least is not None:
        words += f", {least} of them" if least == most else f", at least {least}"
    return ", ".join([words, *(mark.words for mark in marks if isinstance(mark, Condition))])
