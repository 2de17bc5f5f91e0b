"""``crs recipe copy``."""

import shlex
from pathlib import Path

import click

from crs_plugin.cli.completion import recipes
from crs_plugin.errors import InputError


@click.command("copy", epilog="Example: crs recipe copy crs_cont_resnet18 my_recipe.yaml")
@click.argument("name", shell_complete=recipes)
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
def command(name: str, file: Path) -> None:
    """Copy the shipped recipe NAME to FILE; an existing file is never replaced.

    The copy has the name of FILE, so that its runs have a folder of their own.
    """
    from crs_plugin.files import write_atomically
    from crs_plugin.recipe.catalogue import renamed_copy

    if file.exists():
        raise InputError(f"{file} exists; name another file or remove it first")
    if not file.parent.is_dir():
        raise InputError(f"{file}: there is no folder {file.parent}")
    write_atomically(file, renamed_copy(name, file.stem))
    click.echo(f"wrote {file}; run it with: crs recipe run {shlex.quote(str(file))}")
