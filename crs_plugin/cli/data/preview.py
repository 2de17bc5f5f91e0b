"""``crs data preview``."""

from pathlib import Path

import click

from crs_plugin.cli.data.chosen_data import chosen_dataset, data_argument, root_option, set_option
from crs_plugin.cli.data.picture_file import check_picture_file


@click.command("preview", epilog="Example: crs data preview crs_cont_resnet18 --output faces.png")
@data_argument
@root_option
@set_option
@click.option(
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    default=Path("preview.png"),
    show_default=True,
    help="The picture, .png or .jpg.",
)
@click.option(
    "--columns",
    type=click.IntRange(1, 40),
    default=12,
    show_default=True,
    help="How many images are shown of an expression.",
)
@click.option(
    "--size",
    type=click.IntRange(16, 256),
    default=96,
    show_default=True,
    help="Side of an image in pixels.",
)
def command(
    data: str,
    root: str | None,
    overrides: tuple[str, ...],
    output: Path,
    columns: int,
    size: int,
) -> None:
    """Write a contact sheet of a data set, or of what a recipe pre-trains on: a row an expression.

    NAME_OR_RECIPE is a data set of 'crs data list', a recipe file, or the name of a shipped recipe.
    Images that cannot be read are named and left out of the picture.
    """
    check_picture_file(output)
    from crs_plugin.data.bad_images import BadImage, listed
    from crs_plugin.data.contact_sheet import contact_sheet
    from crs_plugin.files import atomic_path

    dataset = chosen_dataset(data, root, overrides)
    bad: list[BadImage] = []
    sheet = contact_sheet(dataset, columns, size, left_out=bad.append)
    with atomic_path(output) as temporary:
        sheet.save(temporary)
    click.echo(f"{dataset.name}: {len(dataset):,} images")
    for split, expressions in dataset.counts().items():
        counts = ", ".join(f"{name} {count:,}" for name, count in expressions.items())
        click.echo(f"  {split}: {counts}")
    for reason, count in dataset.skipped.items():
        click.echo(f"  left out: {count:,} ({reason})")
    if bad:
        click.echo(f"  not in the picture: {len(bad):,}, which cannot be read:{listed(bad)}")
    click.echo(f"wrote {output}")
