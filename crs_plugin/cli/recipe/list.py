"""``crs recipe list``."""

import click


@click.command("list", epilog="Example: crs recipe list")
def command() -> None:
    """List the recipes that come with the package."""
    from rich.console import Console
    from rich.table import Table

    from crs_plugin.recipe import shipped_recipes
    from crs_plugin.recipe.catalogue import description

    table = Table("recipe", "what it does", box=None, pad_edge=False)
    for name, path in shipped_recipes().items():
        table.add_row(name, description(path))
    Console().print(table)
