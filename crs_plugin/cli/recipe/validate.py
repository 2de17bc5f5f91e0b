"""``crs recipe validate``."""

import atexit
import gc
from dataclasses import asdict
from typing import Any

import click

from crs_plugin.cli.completion import recipes
from crs_plugin.cli.json_output import json_option, print_json
from crs_plugin.cli.set_option import set_option
from crs_plugin.errors import InputError


@click.command("validate", epilog="Example: crs recipe validate my_recipe.yaml --build")
@click.argument("files", nargs=-1, required=True, metavar="FILE_OR_NAME...", shell_complete=recipes)
@set_option()
@click.option("--build", is_flag=True, help="Also build the network and pass one made-up batch.")
@click.option("--data", is_flag=True, help="Also open the data sets and read every image once.")
@json_option
def command(
    files: tuple[str, ...], overrides: tuple[str, ...], build: bool, data: bool, as_json: bool
) -> int:
    """Check recipes; every problem of every file is shown at once."""
    from crs_plugin.recipe import load_recipe
    from crs_plugin.recipe.untested_data import untested_data

    # Spares Python's last collection a walk over all of torch, which takes a sixth of the time;
    # nothing is open that it would have to close.
    atexit.register(gc.freeze)
    if build or data:  # they import much more than reading a recipe does
        from crs_plugin.recipe.checks import check_build, check_images
    failures: dict[str, InputError] = {}
    for file in files:
        try:
            recipe = load_recipe(file, overrides)
            if build:
                check_build(recipe)
            if data:
                check_images(recipe)
        except InputError as error:
            failures[file] = error
        else:
            if not as_json:
                click.echo(f"{file}: valid")
                note = untested_data(recipe)
                if note:
                    click.echo(f"{file}: {note}")
    if as_json:
        print_json({"recipes": [_row(file, failures.get(file)) for file in files]})
        return 2 if failures else 0
    if failures:
        raise InputError("\n".join(map(str, failures.values())))
    return 0


def _row(file: str, failure: InputError | None) -> dict[str, Any]:
    from crs_plugin.recipe.problem import RecipeError

    if isinstance(failure, RecipeError):
        problems = [asdict(problem) for problem in failure.problems]
    else:
        told = str(failure) if failure else ""
        problems = [{"place": file, "key": "", "message": told}] if told else []
    return {"recipe": file, "valid": failure is None, "problems": problems}
