"""Writing plain values as YAML 1.2, in the form that ``reading`` turns back into them."""

from collections.abc import Mapping
from io import StringIO
from typing import Any

from ruamel.yaml import YAML

from crs_plugin.recipe.environment_variables import escaped

_WIDTH = 100
_UNLIMITED = 2**20


def as_document(values: Any) -> str:
    """Return values as the text of a recipe file, a line for each key."""
    return _dumped(values, flow=False, width=_WIDTH)


def on_one_line(value: Any) -> str:
    """Return a value as a recipe has it after the colon: ``null``, ``1e-05``, ``[0.5, 1.0]``."""
    return _dumped(value, flow=True, width=_UNLIMITED).removesuffix("...\n").rstrip("\n")


def _dumped(value: Any, *, flow: bool, width: int) -> str:
    yaml = YAML(typ="safe", pure=True)
    yaml.default_flow_style = flow
    yaml.sort_base_mapping_type_on_output = False  # type: ignore[assignment]
    yaml.width = width
    text = StringIO()
    yaml.dump(_escaped(value), text)
    return text.getvalue()


def _escaped(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _escaped(child) for key, child in value.items()}
    if isinstance(value, list | tuple):
        return [_escaped(child) for child in value]
    return escaped(value) if isinstance(value, str) else value
