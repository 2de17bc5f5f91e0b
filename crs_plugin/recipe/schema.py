"""The JSON schema of recipes, for editors that complete and check YAML as it is typed.

It is put together from the components' constructors, as the checks of ``load_recipe`` are, and
leaves to them what a schema cannot say.
"""

import json
from typing import Any

from crs_plugin.recipe.layout import (
    COARSE_TABLES,
    FILLED_IN,
    ON_BAD_IMAGE,
    ON_LEAK,
    PLAIN_KEYS,
    ROLES,
    SECTIONS,
    Section,
    training_settings,
)
from crs_plugin.recipe.option_types import json_schema
from crs_plugin.registry import KINDS, Component, Option, Registry, RegistryError, registry

Schema = dict[str, Any]

_WEIGHT: Schema = {
    "type": "number",
    "minimum": 0,
    "default": 1.0,
    "description": "What the term is multiplied by.",
}


def recipe_schema(registry: Registry = registry) -> Schema:
    """Return the JSON schema of a recipe with all components that are installed.

    Imports every toolkit, to know their options. Components of plugins that a recipe lists itself
    are not known to it.
    """
    kinds = {kind: _kind(kind, registry) for kind in KINDS}
    training = training_settings()
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "crs_plugin recipe",
        "type": "object",
        "additionalProperties": False,
        "required": [],  # a recipe that extends another one may leave out anything
        "properties": {
            **_plain_properties(),
            **{key: _section(section) for key, section in SECTIONS.items()},
            "training": _object(training, partial=True) | {"description": PLAIN_KEYS["training"]},
        },
        "$defs": kinds | {"term": _terms(kinds["loss"])},
    }


def _plain_properties() -> Schema:
    expressions = {"type": "object", "additionalProperties": {"type": ["string", "null"]}}
    coarse = {"anyOf": [{"enum": list(COARSE_TABLES)}, expressions]}
    types: dict[str, Schema] = {
        "name": {"type": "string"},
        "seed": {"type": "integer", "minimum": 0, "default": 0},
        "extends": {"type": "string"},
        "plugins": {"type": "array", "items": {"type": "string"}},
        "labels": {
            "type": "object",
            "properties": {"coarse": coarse},
            "additionalProperties": False,
        },
        "exclude_expressions": {"type": "array", "items": {"type": "string"}, "uniqueItems": True},
        "on_bad_image": {"enum": list(ON_BAD_IMAGE), "default": ON_BAD_IMAGE[0]},
        "on_leak": {"enum": list(ON_LEAK), "default": ON_LEAK[0]},
    }
    return {key: {"description": PLAIN_KEYS[key], **schema} for key, schema in types.items()}


def _section(section: Section) -> Schema:
    one = _reference(section.kind)
    many = {"type": "array", "items": one}
    forms: dict[str, Schema] = {
        "one": one,
        "one or more": {"anyOf": [one, many]},
        "list": many,
        "terms": {"type": "array", "items": _reference("term"), "minItems": 1},
        "heads": {
            "type": "object",
            "additionalProperties": False,
            "properties": {
                role: {"description": text, "anyOf": [one, {"type": "null"}]}
                for role, text in ROLES.items()
            },
        },
    }
    schema = forms[section.form]
    if not section.required and section.form == "one":
        schema = {"anyOf": [one, {"type": "null"}]}
    return {"description": section.meaning, **schema}


def _kind(kind: str, registry: Registry) -> Schema:
    """The components of a kind; those with the same options share one entry."""
    groups: dict[str, tuple[list[str], Schema]] = {}
    for name in registry.names(kind):
        try:
            component = registry.get(kind, name)
            schema = _object(component)
        except RegistryError:
            continue
        names, _ = groups.setdefault(json.dumps(schema, sort_keys=True), ([], schema))
        names.append(name)
    return {"oneOf": [_named(names, schema) for names, schema in groups.values()]}


def _named(names: list[str], schema: Schema) -> Schema:
    name: Schema = {"const": names[0]} if len(names) == 1 else {"enum": names}
    return {
        **schema,
        "properties": {"name": name, **schema["properties"]},
        "required": ["name", *schema["required"]],
    }


def _terms(losses: Schema) -> Schema:
    return {
        "oneOf": [
            {**loss, "properties": {**loss["properties"], "weight": _WEIGHT}}
            for loss in losses["oneOf"]
        ]
    }


def _object(component: Component, *, partial: bool = False) -> Schema:
    options = component.options()
    needed = [name for name, option in options.items() if option.required]
    schema: Schema = {
        "type": "object",
        "additionalProperties": False,
        "properties": {name: _option(option) for name, option in options.items()},
        "required": [] if partial else sorted(set(needed) - FILLED_IN),
    }
    return {"description": component.summary, **schema} if component.summary else schema


def _option(option: Option) -> Schema:
    part = option.part
    if part is None:
        return json_schema(option)
    one = _reference(part.kind)
    if part.many:
        return {"type": "array", "items": one}
    forms = [one]
    if part.kind == "dataset":
        forms.append({"type": "array", "items": one})
    if part.shorthand:
        forms.append({"type": "object", "not": {"required": ["name"]}})
    if not option.required:
        forms.append({"type": "null"})
    return {"anyOf": forms} if len(forms) > 1 else one


def _reference(name: str) -> Schema:
    return {"$ref": f"#/$defs/{name}"}
