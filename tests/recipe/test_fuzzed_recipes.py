"""Broken recipes end in a message: never in a traceback, never in a file.

``CRS_FUZZ=3000 pytest tests/recipe/test_fuzzed_recipes.py`` tries as many of each kind.
"""

import copy
import os
import random
from io import StringIO
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML

from crs_plugin.cli.main import EXIT_BAD_INPUT, EXIT_OK, _run
from crs_plugin.recipe.shipped import shipped_recipes

TRIED = int(os.environ.get("CRS_FUZZ", "60"))
WHOLE_RECIPES = [path.read_text(encoding="utf-8") for path in shipped_recipes().values()]

ODD: list[Any] = [
    *(None, True, False, 0, -1, 1, 7, 10**30, 0.0, -0.5, 1e-320, 1e308, float("nan"), float("inf")),
    *(
        "",
        " ",
        "no",
        "1e-4",
        "happiness",
        "../..",
        "/",
        "~",
        "ü\u2028x",
        "a: b",
        "${HOME}",
        "${",
        "$${X}",
    ),
    *("x" * 5000, "crs_cont", "resnet18", "[", "*a", "&a", "!!python/object:os.system", "\\0"),
    *([], {}, [None], [[]], {"name": None}, {"name": "resnet18"}, {"name": "crs_cont", "x": 1}),
    *({"": 1}, {"a.b": 1}, [{"name": "table"}], {"name": "image_folder", "root": "/none"}),
]
KEYS = [
    "name",
    "data",
    "root",
    "weight",
    "extends",
    "plugins",
    "labels",
    "objective",
    "0",
    "é",
    "a.b",
]

settings.register_profile("fuzz", max_examples=TRIED, deadline=None)
fuzzed = settings(
    settings.get_profile("fuzz"),
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    derandomize=TRIED == 60,
)


def places(node: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Return the paths of all values below a node."""
    children = node.items() if isinstance(node, dict) else enumerate(node)
    found = []
    for key, child in children:
        found.append((*path, key))
        if isinstance(child, dict | list):
            found += places(child, (*path, key))
    return found


def at(node: Any, path: tuple[Any, ...]) -> Any:
    for key in path:
        node = node[key]
    return node


def mutated(recipe: Any, draw: random.Random) -> Any:
    """Change a recipe in one place."""
    recipe = copy.deepcopy(recipe)
    paths = places(recipe)
    if not paths:
        return recipe
    path = draw.choice(paths)
    parent, key = at(recipe, path[:-1]), path[-1]
    how = draw.choice(["odd", "odd", "delete", "rename", "swap", "wrap", "repeat", "graft"])
    if how == "odd":
        parent[key] = copy.deepcopy(draw.choice(ODD))
    elif how == "delete":
        del parent[key]
    elif how == "rename" and isinstance(parent, dict):
        name = str(key)
        cut = draw.randrange(len(name) + 1)
        parent[draw.choice([name[:cut] + name[cut + 1 :], name + "s", draw.choice(KEYS)])] = (
            parent.pop(key)
        )
    elif how == "swap":
        other = draw.choice(paths)
        if other[: len(path)] != path and path[: len(other)] != other:
            there, name = at(recipe, other[:-1]), other[-1]
            parent[key], there[name] = there[name], parent[key]
    elif how == "wrap":
        parent[key] = draw.choice([[parent[key]], {"name": parent[key]}, [parent[key]] * 2])
    elif how == "repeat" and isinstance(parent, list):
        parent.insert(0, copy.deepcopy(parent[key]))
    elif how == "graft" and isinstance(parent, dict):
        parent[draw.choice(KEYS)] = copy.deepcopy(at(recipe, draw.choice(paths)))
    return recipe


def scrambled(text: str, draw: random.Random) -> bytes:
    """Change the text of a recipe in one place, without regard for its structure."""
    data = text.encode()
    first, last = sorted(draw.randrange(len(data) + 1) for _ in range(2))
    lines = text.splitlines(keepends=True)
    return draw.choice(
        [
            data[:first],
            data[:first] + data[last:],
            data[:first]
            + bytes(draw.randrange(256) for _ in range(draw.randrange(1, 5)))
            + data[first:],
            data[:first]
            + draw.choice(["\t", "{", "]", ": ", "- ", "#", "'", '"', "|", "\0"]).encode()
            + data[first:],
            "".join(draw.sample(lines, len(lines))).encode(),
            data[:first] + data[first:last] * 2 + data[last:],
        ]
    )


def check(content: bytes, folder: Path, capsys: Any, monkeypatch: Any) -> None:
    file = folder / "recipe.yaml"
    file.write_bytes(content)
    monkeypatch.chdir(folder)
    monkeypatch.setenv("CRS_DATA", str(folder))
    monkeypatch.setattr("sys.argv", ["crs", "recipe", "validate", str(file)])
    code = _run()
    printed = capsys.readouterr()
    assert code in (EXIT_OK, EXIT_BAD_INPUT)
    assert (code == EXIT_OK) == (printed.err == "")
    assert "Traceback" not in printed.err
    assert [path.name for path in folder.iterdir()] == ["recipe.yaml"]
    assert file.read_bytes() == content


def as_yaml(recipe: Any) -> bytes:
    text = StringIO()
    yaml = YAML(typ="safe", pure=True)
    yaml.allow_unicode = True
    yaml.dump(recipe, text)
    return text.getvalue().encode("utf-8", "surrogatepass")


@fuzzed
@given(source=st.sampled_from(WHOLE_RECIPES), seed=st.integers(0, 2**32), changes=st.integers(1, 4))
def test_recipes_of_another_structure(
    source, seed, changes, tmp_path_factory, capsys, monkeypatch
) -> None:
    draw = random.Random(seed)
    recipe = YAML(typ="safe", pure=True).load(source)
    for _ in range(changes):
        recipe = mutated(recipe, draw)
    check(as_yaml(recipe), tmp_path_factory.mktemp("fuzz"), capsys, monkeypatch)


@fuzzed
@given(source=st.sampled_from(WHOLE_RECIPES), seed=st.integers(0, 2**32))
def test_recipes_of_another_text(source, seed, tmp_path_factory, capsys, monkeypatch) -> None:
    content = scrambled(source, random.Random(seed))
    check(content, tmp_path_factory.mktemp("fuzz"), capsys, monkeypatch)
