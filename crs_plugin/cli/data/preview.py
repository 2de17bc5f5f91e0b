"""``crs data preview``."""

from pathlib import Path

import click

from crs_plugin.cli.data.picture_file import check_picture_file


@click.command("preview", epilog="Example: crs data preview crs_cont_resnet18 --output faces.png")
@click.argument("recipe", metavar="FILE_OR_NAME")
@click.option("--set", "overrides", multiple=True, metavar="KEY=VALUE", help="Change a value.")
@click.option(
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    default=Path("preview.png"),
    show_default=True,
    help="The picture, .png or .jpg.",
)
@click.option("--columns", type=click.IntRange(1, 40), default=12, show_default=True)
@click.option("--size", type=click.IntRange(16, 256), default=96, show_default=True)
def command(recipe: str, overrides: tuple[str, ...], output: Path, columns: int, size: int) -> None:
    """Write a contact sheet of the data that a recipe pre-trains on, a row per expression."""
    check_picture_file(output)
    from crs_plugin.data.contact_sheet import contact_sheet
    from crs_plugin.files import atomic_path
    from crs_plugin.recipe import load_recipe
    from crs_plugin.recipe.building import data_source

    dataset = data_source(load_recipe(recipe, overrides))()
    sheet = contact_sheet(dataset, columns, size)
    with atomic_path(output) as temporary:
        sheet.save(temporary)
    click.echo(f"{dataset.name}: {len(dataset):,} images")
    for split, expressions in dataset.counts().items():
        listed = ", ".join(f"{name} {count:,}" for name, count in expressions.items())
        click.echo(f"  {split}: {listed}")
    for reason, count in dataset.skipped.items():
        click.echo(f"  left out: {count:,} ({reason})")
    click.echo(f"wrote {output}")
