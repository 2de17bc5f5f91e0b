"""``crs recipe show``."""

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import click

from crs_plugin.cli.completion import recipes
from crs_plugin.cli.json_output import json_option, print_json
from crs_plugin.cli.set_option import set_option

if TYPE_CHECKING:
    from rich.console import Console

_GAP = 2
_LEAST_VALUE = 20


@click.command("show", epilog="Example: crs recipe show crs_cont_resnet18")
@click.argument("recipe", metavar="FILE_OR_NAME", shell_complete=recipes)
@set_option()
@click.option("--yaml", "as_yaml", is_flag=True, help="As a recipe file instead of a table.")
@json_option
def command(recipe: str, overrides: tuple[str, ...], as_yaml: bool, as_json: bool) -> None:
    """Print a recipe as it will run, with where each value came from.

    The table is there at once, also of a recipe with mistakes in it: nothing is checked, paths
    stand as they are written. With --yaml and --json the recipe is checked as by 'crs recipe
    validate', and paths are absolute.
    """
    from crs_plugin.recipe.recipe import load_recipe, read_recipe

    if as_yaml:
        click.echo(load_recipe(recipe, overrides).to_yaml(), nl=False)
    elif as_json:
        loaded = load_recipe(recipe, overrides)
        sources = {key: source for key, _, source in _rows(loaded.values, loaded.provenance)}
        print_json({"name": loaded.name, "values": loaded.values, "from": sources})
    else:
        from rich.console import Console

        from crs_plugin.recipe.writing import on_one_line

        rows = [
            # An environment variable that is not set stands as it is written.
            (key, on_one_line(value).replace("$${", "${"), source)
            for key, value, source in _rows(*read_recipe(recipe, overrides))
        ]
        _print_rows(rows, Console())


def _rows(
    values: Mapping[str, Any], provenance: Mapping[str, str]
) -> Iterator[tuple[str, Any, str]]:
    """Every value with its dotted key and where it came from."""
    for key, value in _leaves(values):
        yield key, value, provenance.get(key, "default")


def _print_rows(rows: Sequence[tuple[str, str, str]], console: "Console") -> None:
    """Print the rows whole: on a terminal values are folded, keys and sources never are."""
    from rich.cells import cell_len
    from rich.table import Column, Table
    from rich.text import Text

    key, value, source = (max(map(cell_len, column)) for column in zip(*rows, strict=True))
    left = console.width - key - source - 3 * _GAP
    if console.is_terminal and left < min(value, _LEAST_VALUE):
        for name, shown, place in rows:
            console.print(Text(f"{name}: {shown}\n    {place}"), soft_wrap=True)
        return
    if console.is_terminal:
        value = min(value, left)
    table = Table(
        Column("key", width=key),
        Column("value", width=value, overflow="fold"),
        Column("from", width=source),
        box=None,
        padding=(0, _GAP, 0, 0),
    )
    for row in rows:
        table.add_row(*map(Text, row))
    console.width = key + value + source + 3 * _GAP
    console.print(table)


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
