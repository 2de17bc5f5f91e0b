"""``crs recipe list``."""

import click

from crs_plugin.cli.json_output import json_option, print_json


@click.command("list", epilog="Example: crs recipe list")
@json_option
def command(as_json: bool) -> None:
    """List the recipes that come with the package."""
    from rich.console import Console
    from rich.table import Column, Table

    from crs_plugin.recipe import shipped_recipes
    from crs_plugin.recipe.catalogue import description

    recipes = {name: (path, description(path)) for name, path in shipped_recipes().items()}
    if as_json:
        rows = [
            {"name": name, "file": str(path), "description": told}
            for name, (path, told) in recipes.items()
        ]
        print_json({"recipes": rows})
        return
    table = Table(Column("recipe", overflow="fold"), "what it does", box=None, pad_edge=False)
    for name, (_, told) in recipes.items():
        table.add_row(name, told)
    Console().print(table)
