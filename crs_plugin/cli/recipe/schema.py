"""``crs recipe schema``."""

import json

import click


@click.command("schema", epilog="Example: crs recipe schema > recipe.schema.json")
def command() -> None:
    """Print the JSON schema of recipes, for editors that complete and check YAML."""
    from crs_plugin.recipe.schema import recipe_schema

    click.echo(json.dumps(recipe_schema(), indent=2))
