"""``crs recipe show``."""

from collections.abc import Iterator, Mapping
from typing import Any

import click


@click.command("show", epilog="Example: crs recipe show crs_cont_resnet18")
@click.argument("recipe", metavar="FILE_OR_NAME")
@click.option("--set", "overrides", multiple=True, metavar="KEY=VALUE", help="Change a value.")
@click.option("--yaml", "as_yaml", is_flag=True, help="As a recipe file instead of a table.")
def command(recipe: str, overrides: tuple[str, ...], as_yaml: bool) -> None:
    """Print a recipe as it will run, with where each value came from."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from crs_plugin.recipe import load_recipe

    loaded = load_recipe(recipe, overrides)
    if as_yaml:
        click.echo(loaded.to_yaml(), nl=False)
        return
    table = Table("key", "value", "from", box=None, pad_edge=False)
    for key, value in _leaves(loaded.values):
        cells = (key, str(value), loaded.provenance.get(key, "default"))
        table.add_row(*(Text(cell) for cell in cells))
    Console().print(table)


def _leaves(value: Any, key: str = "") -> Iterator[tuple[str, Any]]:
    if isinstance(value, Mapping) and value:
        children: Any = value.items()
    elif isinstance(value, list) and any(isinstance(item, Mapping) for item in value):
        children = enumerate(value)
    else:
        yield key, value
        return
    for name, child in children:
        yield from _leaves(child, f"{key}.{name}" if key else str(name))
