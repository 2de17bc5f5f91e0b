"""``crs recipe validate``."""

import click

from crs_plugin.cli.completion import recipes
from crs_plugin.errors import InputError


@click.command("validate", epilog="Example: crs recipe validate my_recipe.yaml --build")
@click.argument("files", nargs=-1, required=True, metavar="FILE_OR_NAME...", shell_complete=recipes)
@click.option("--set", "overrides", multiple=True, metavar="KEY=VALUE", help="Change a value.")
@click.option("--build", is_flag=True, help="Also build the network and pass one made-up batch.")
@click.option("--data", is_flag=True, help="Also open the data sets and read every image once.")
def command(files: tuple[str, ...], overrides: tuple[str, ...], build: bool, data: bool) -> None:
    """Check recipes; every problem of every file is shown at once."""
    from crs_plugin.recipe import load_recipe

    if build or data:  # they import much more than reading a recipe does
        from crs_plugin.recipe.checks import check_build, check_images
    failures = []
    for file in files:
        try:
            recipe = load_recipe(file, overrides)
            if build:
                check_build(recipe)
            if data:
                check_images(recipe)
        except InputError as error:
            failures.append(str(error))
        else:
            click.echo(f"{file}: valid")
    if failures:
        raise InputError("\n".join(failures))
