import inspect
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

import pytest
from annotated_types import Ge, Interval, Len
from torch import Tensor

from crs_plugin.recipe.option_words import default_words, option_words
from crs_plugin.registry import (
    KINDS,
    Condition,
    Fraction,
    NonNegativeFloat,
    Option,
    Part,
    PositiveFloat,
    PositiveInt,
    PositiveRange,
    registry,
)

EMPTY = inspect.Parameter.empty


@pytest.mark.parametrize(
    ("annotation", "words"),
    [
        (float, "number"),
        (bool, "true or false"),
        (str | Path | None, "text or path or null"),
        (PositiveFloat, "number > 0"),
        (PositiveInt | None, "whole number > 0 or null"),
        (Annotated[int, Ge(16)], "whole number ≥ 16"),
        (Fraction, "0 ≤ number ≤ 1"),
        (Annotated[float, Interval(gt=0, lt=1)], "0 < number < 1"),
        (Annotated[float, Interval(le=5)], "number ≤ 5"),
        (PositiveRange, "[number > 0, number > 0], least first"),
        (Annotated[str, Condition("in capitals", str.upper)], "text, in capitals"),
        (Annotated[Sequence[PositiveFloat], Len(1)], "[number > 0, …], at least 1"),
        (Annotated[list[str], Len(4, 4)], "[text, …], 4 of them"),
        (tuple[float, ...], "[number, …]"),
        (Mapping[str, NonNegativeFloat], "{text: number ≥ 0}"),
        (Literal["fast", "exact"], "'fast' or 'exact'"),
        (Tensor | float | tuple[float, float], "number or [number, number]"),
        (Callable[[], int], "a Python object"),
        (Any, "anything"),
    ],
)
def test_types_in_words(annotation, words):
    assert option_words(Option("x", annotation, EMPTY)) == words


def test_components_inside():
    assert option_words(Option("x", Any, None, Part("reducer"))) == "reducer"
    assert option_words(Option("x", Any, None, Part("loss", many=True))) == "list of loss"


@pytest.mark.parametrize(
    ("default", "words"),
    [(EMPTY, "(must be given)"), (None, "null"), ((1, 0.5), "[1, 0.5]"), (len, repr(len))],
)
def test_defaults(default, words):
    assert default_words(Option("x", Any, default)) == words


def test_no_component_of_ours_has_a_type_that_only_python_can_say():
    for kind in KINDS:
        own, _ = registry.listing(kind)
        for component in own.values():
            for option in component.options().values():
                words = option_words(option)
                assert not {"Interval", "Annotated", "Gt(", "Python"} & set(words.split()), words
