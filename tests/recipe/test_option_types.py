import inspect
import math
from collections.abc import Callable, Mapping, Sequence
from enum import Enum
from pathlib import Path
from typing import Annotated, Any, Literal

import pytest
from annotated_types import Len, MultipleOf
from torch import Tensor

from crs_plugin.recipe.option_types import converted, json_schema, plain_with_paths
from crs_plugin.recipe.problem import Place
from crs_plugin.recipe.tree import planted, walk
from crs_plugin.registry import (
    Condition,
    OpenFraction,
    Option,
    PositiveFloat,
    PositiveInt,
    PositiveRange,
)

EMPTY = inspect.Parameter.empty


def check_capitals(text: str) -> None:
    if text != text.upper():
        raise ValueError("capitals")


Capitals = Annotated[str, Condition("in capitals", check_capitals)]


class Mode(Enum):
    FAST = "fast"


@pytest.mark.parametrize(
    ("annotation", "value", "result"),
    [
        (float, 1, 1.0),
        (tuple[float, float], [1, 2], (1.0, 2.0)),
        (tuple[str, ...], ["a"], ("a",)),
        (Path, "a/b", Path("a/b")),
        (Mapping[str, float], {"a": 1}, {"a": 1.0}),
        (Mapping[str, str | None], {"a": None}, {"a": None}),
        (str | list[int], [1], [1]),
        (float | tuple[float, float], [1, 2], (1.0, 2.0)),
        (Literal["a"] | None, None, None),
        (Any, {"x": [1]}, {"x": [1]}),
        (Tensor | float, 2, 2.0),
        (PositiveRange, [1, 1], (1.0, 1.0)),
        (Capitals, "A", "A"),
    ],
)
def test_values_that_fit(annotation, value, result):
    found, mismatches = converted(Option("x", annotation, EMPTY), value)
    assert not mismatches
    assert found == result
    assert type(found) is type(result)


@pytest.mark.parametrize(
    ("annotation", "value", "path", "message"),
    [
        (float, "1", (), "found text '1', expected a number; remove the quotes"),
        (int, True, (), "found true, expected a whole number"),
        (int, False, (), "found false, expected a whole number"),
        (bool, "No", (), "found text 'No', expected true or false; write false"),
        (bool, "on", (), "found text 'on', expected true or false; write true"),
        (bool, "off", (), "found text 'off', expected true or false; write false"),
        (bool, "maybe", (), "found text 'maybe', expected true or false"),
        (
            Literal["none", "full"],
            "no",
            (),
            "found text 'no', expected 'none' or 'full'; did you mean 'none'?",
        ),
        (Literal["a", "b", "c"], "d", (), "found text 'd', expected one of 'a', 'b' or 'c'"),
        (int, 1.0, (), "found 1.0, expected a whole number"),
        (str, 3, (), "found 3, expected text"),
        (float, None, (), "found nothing, expected a number"),
        (float, math.inf, (), "found inf, expected a finite number"),
        (float | None, math.nan, (), "found nan, expected a finite number"),
        (Sequence[float], [1, math.nan], (1,), "found nan, expected a finite number"),
        (Any, {"x": [1, math.inf]}, ("x", 1), "found inf, expected a finite number"),
        (OpenFraction, 1.0, (), "found 1.0, expected < 1"),
        (Annotated[Sequence[float], Len(1)], [], (), "found a list of 0, expected at least 1 item"),
        (
            PositiveRange,
            [2, 1],
            (),
            "found [2, 1], expected the least value first, then the greatest",
        ),
        (
            Sequence[PositiveRange],
            [[2, 1]],
            (0,),
            "found [2, 1], expected the least value first, then the greatest",
        ),
        (PositiveRange, [0, 1], (0,), "found 0, expected > 0"),
        (Capitals | None, "a", (), "found text 'a', expected capitals"),
        (PositiveInt | None, 0, (), "found 0, expected > 0"),
        (PositiveFloat, [1], (), "found a list of 1, expected a number"),
        (tuple[int, int], [1], (), "found a list of 1, expected 2 items"),
        (tuple[int, int, int], [1], (), "found a list of 1, expected 3 items"),
        (Sequence[tuple[int, int]], [[1]], (0,), "found a list of 1, expected 2 items"),
        (
            float | tuple[float, float],
            [1],
            (),
            "found a list of 1, expected a number or 2 items",
        ),
        (tuple[int, int], [1, 2, 3], (), "found a list of 3, expected at most 2 items"),
        (Sequence[str], "a", (), "found text 'a', expected a list"),
        (Mapping[str, int], {"a": "b"}, ("a",), "found text 'b', expected a whole number"),
        (int | Mapping[str, int], {"a": "b"}, ("a",), "found text 'b', expected a whole number"),
        (
            Mapping[str, Sequence[int]],
            {"a": [1, "b"]},
            ("a", 1),
            "found text 'b', expected a whole number",
        ),
        (Annotated[int, MultipleOf(2)], 3, (), "found 3, expected Input should be a multiple of 2"),
        (
            Literal["fast", "slow"] | int,
            "fats",
            (),
            "found text 'fats', expected 'fast' or 'slow' or a whole number",
        ),
        (str | list[int], [1, "a"], (1,), "found text 'a', expected a whole number"),
        (Tensor | float, "a", (), "found text 'a', expected a number"),
        (
            Callable[[], int],
            "f",
            (),
            "found text 'f', expected something that only Python code can give",
        ),
    ],
)
def test_values_that_do_not_fit(annotation, value, path, message):
    _, [mismatch] = converted(Option("x", annotation, EMPTY), value)
    assert (mismatch.path, mismatch.message) == (path, message)


def test_null_may_stand_for_a_default_of_none():
    assert converted(Option("x", float, None), None) == (None, [])


@pytest.mark.parametrize(
    ("annotation", "default", "schema"),
    [
        (PositiveFloat, 0.5, {"type": "number", "exclusiveMinimum": 0, "default": 0.5}),
        (Literal["a", "b"], EMPTY, {"enum": ["a", "b"], "type": "string"}),
        (
            tuple[str, ...],
            ("a",),
            {"type": "array", "items": {"type": "string"}, "default": ["a"]},
        ),
        (Sequence[Mode], EMPTY, {}),
        (Any, EMPTY, {}),
        (Capitals, EMPTY, {"type": "string"}),
        (Annotated[Tensor, "x"], None, {}),
    ],
)
def test_json_schema(annotation, default, schema):
    assert json_schema(Option("x", annotation, default)) == schema


@pytest.mark.parametrize(
    ("annotation", "value", "result"),
    [
        (Path, "faces", "{here}/faces"),
        (Path | None, "../faces", "{above}/faces"),
        (Path, "~/faces", "{home}/faces"),
        (Path, "~nobody_of_that_name/faces", "{here}/~nobody_of_that_name/faces"),
        (Sequence[Path], ["a", "b"], ["{here}/a", "{here}/b"]),
        (Mapping[str, Path], {"a": "b"}, {"a": "{here}/b"}),
        (str | Path, "name", "name"),
        (str | Path, "there.pth", "{here}/there.pth"),
        (str | Path, "./name", "{here}/name"),
        (str | Path, "~", "{home}"),
        (str | Path, "~nobody_of_that_name", "{here}/~nobody_of_that_name"),
        (Path | Literal["auto"], "auto", "auto"),
        (str, "./name", "./name"),
    ],
)
def test_paths_are_made_absolute_and_keep_their_places(
    annotation, value, result, tmp_path, monkeypatch
):
    here, home = tmp_path / "recipes", tmp_path / "home"
    here.mkdir()
    (here / "there.pth").touch()
    monkeypatch.setenv("HOME", str(home))
    written = planted(value, Place("r.yaml", here, 3, 5))

    def filled(value):
        if isinstance(value, str):
            return value.format(here=here, above=tmp_path, home=home)
        if isinstance(value, dict):
            return {key: filled(inner) for key, inner in value.items()}
        return [filled(inner) for inner in value]

    found, located = plain_with_paths(written, Option("x", annotation, EMPTY))
    assert found == filled(result)
    assert all(str(node.place) == "r.yaml:3:5" for _, node in [("", located), *walk(located)])
