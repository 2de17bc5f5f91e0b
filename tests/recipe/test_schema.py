import json
from typing import Any

import pytest

from crs_plugin.recipe import load_recipe
from crs_plugin.recipe.schema import recipe_schema


def within(keyword: str, bound: float, value: float) -> bool:
    """Whether a number is on the right side of a bound."""
    return {
        "minimum": value >= bound,
        "maximum": value <= bound,
        "exclusiveMinimum": value > bound,
        "exclusiveMaximum": value < bound,
    }[keyword]


def fits(schema: dict[str, Any], value: Any, root: dict[str, Any]) -> bool:
    """Whether a value fits a JSON schema, as far as our schemas go (and no further)."""
    types = {
        "object": lambda v: isinstance(v, dict),
        "array": lambda v: isinstance(v, list),
        "string": lambda v: isinstance(v, str),
        "boolean": lambda v: isinstance(v, bool),
        "null": lambda v: v is None,
        "integer": lambda v: isinstance(v, int) and not isinstance(v, bool),
        "number": lambda v: isinstance(v, int | float) and not isinstance(v, bool),
    }
    for keyword, of in schema.items():
        match keyword:
            case "$ref":
                ok = fits(root["$defs"][of.removeprefix("#/$defs/")], value, root)
            case "type":
                ok = any(types[name](value) for name in ([of] if isinstance(of, str) else of))
            case "enum":
                ok = value in of
            case "const":
                ok = value == of
            case "anyOf":
                ok = any(fits(one, value, root) for one in of)
            case "oneOf":
                ok = sum(fits(one, value, root) for one in of) == 1
            case "not":
                ok = not fits(of, value, root)
            case "required":
                ok = not isinstance(value, dict) or set(of) <= set(value)
            case "properties":
                ok = not isinstance(value, dict) or all(
                    fits(of[key], child, root) for key, child in value.items() if key in of
                )
            case "additionalProperties":
                known = schema.get("properties", {})
                rest = value.items() if isinstance(value, dict) else ()
                ok = all(
                    of is not False and (of is True or fits(of, child, root))
                    for key, child in rest
                    if key not in known
                )
            case "items":
                ok = not isinstance(value, list) or all(fits(of, child, root) for child in value)
            case "prefixItems":
                pairs = zip(of, value if isinstance(value, list) else [], strict=False)
                ok = all(fits(one, child, root) for one, child in pairs)
            case "minItems":
                ok = not isinstance(value, list) or len(value) >= of
            case "maxItems":
                ok = not isinstance(value, list) or len(value) <= of
            case "minimum" | "maximum" | "exclusiveMinimum" | "exclusiveMaximum":
                number = value if isinstance(value, int | float) else None
                ok = number is None or within(keyword, of, number)
            case "description" | "default" | "title" | "$schema" | "$defs" | "format":
                ok = True
            case _:
                raise NotImplementedError(keyword)
        if not ok:
            return False
    return True


@pytest.fixture(scope="module")
def schema(small):
    return recipe_schema(small)


def test_it_is_json(schema):
    assert json.loads(json.dumps(schema)) == schema


def test_every_reference_leads_somewhere(schema):
    text = json.dumps(schema)
    names = {part.split('"')[0] for part in text.split("#/$defs/")[1:]}
    assert names <= set(schema["$defs"])
    assert {"term", "dataset", "class_weights"} <= names


def test_a_valid_recipe_fits(schema, load, valid):
    assert fits(schema, load(valid).values, schema)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("optimizer", {"name": "sgd"}),
        ("optimizer", {"name": "sgd", "lr": -1}),
        ("optimizer", {"name": "sgd", "lr": "0.3"}),
        ("optimizer", {"name": "sgdd", "lr": 1}),
        ("optimizer", {"name": "sgd", "lr": 1, "speed": 3}),
        ("optimiser", {"name": "sgd", "lr": 1}),
        ("objective", []),
        ("objective", [{"name": "contrast", "weight": -1}]),
        ("heads", {"corse": {"name": "linear"}}),
        ("augmentation", {"name": "two_views", "size": 32, "scale": [0.5]}),
        ("labels", {"coarse": "defualt"}),
        ("training", {"epochs": 0, "batch_size": 8}),
        ("evaluation", {"name": "probe"}),
        ("plugins", "mine.py"),
        ("exclude_expressions", "fear"),
    ],
)
def test_what_is_wrong_does_not_fit(key, value, schema, load, valid):
    assert not fits(schema, {**load(valid).values, key: value}, schema)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("data", [{"name": "faces"}, {"name": "faces", "root": "x"}]),
        ("objective", [{"name": "contrast", "class_weights": {"name": "fixed", "weights": {}}}]),
        ("objective", [{"name": "kit/Good", "weight": 2}]),
        ("evaluation", [{"name": "probe", "data": [{"name": "faces"}]}]),
        ("labels", {"coarse": {"happiness": "good", "fear": None}}),
        ("miner", None),
        ("heads", {"coarse": None}),
        ("training", {"epochs": 3}),
        ("extends", "other.yaml"),
    ],
)
def test_what_is_right_fits(key, value, schema, load, valid):
    assert fits(schema, {**load(valid).values, key: value}, schema)


@pytest.mark.slow
def test_shipped_recipes_fit_the_schema_of_all_that_is_installed(monkeypatch):
    from crs_plugin.recipe import shipped_recipes

    monkeypatch.setenv("CRS_DATA", "/data")
    schema = recipe_schema()
    assert all(len(kind["oneOf"]) > 0 for kind in schema["$defs"].values())
    for name in shipped_recipes():
        assert fits(schema, load_recipe(name).values, schema), name
