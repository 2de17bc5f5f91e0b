"""``crs recipe copy``."""

from pathlib import Path

import click

from crs_plugin.errors import InputError


@click.command("copy", epilog="Example: crs recipe copy crs_cont_resnet18 my_recipe.yaml")
@click.argument("name")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
def command(name: str, file: Path) -> None:
    """Copy the shipped recipe NAME to FILE; an existing file is never replaced."""
    from crs_plugin.files import write_atomically
    from crs_plugin.recipe.catalogue import find_recipe

    if file.exists():
        raise InputError(f"{file} exists; name another file or remove it first")
    if not file.parent.is_dir():
        raise InputError(f"{file}: there is no folder {file.parent}")
    write_atomically(file, find_recipe(name).read_bytes())
    click.echo(f"wrote {file}; run it with: crs recipe run {file}")
