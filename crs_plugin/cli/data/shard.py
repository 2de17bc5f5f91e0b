"""``crs data shard``."""

from pathlib import Path
from shlex import quote

import click

from crs_plugin.cli.data.chosen_data import chosen_dataset, data_argument, root_option, set_option
from crs_plugin.output_place import check_output_folder


@click.command("shard", epilog="Example: crs data shard image_folder --root faces --output shards")
@data_argument
@root_option
@set_option
@click.option(
    "--output",
    type=click.Path(file_okay=False, path_type=Path),
    required=True,
    metavar="DIR",
    help="Folder for the shards.",
)
@click.option(
    "--size",
    type=click.IntRange(min=1),
    default=1000,
    show_default=True,
    help="Images in a shard.",
)
def command(
    data: str, root: str | None, overrides: tuple[str, ...], output: Path, size: int
) -> None:
    """Write a data set, or what a recipe pre-trains on, into tar files of WebDataset's format.

    NAME_OR_RECIPE is a data set of 'crs data list', a recipe file, or the name of a shipped recipe.
    All splits are written. Images are copied as their files are, or as PNG where a box or landmarks
    cut them out; each has a .json with its label, split and person. The data set 'shards' opens
    them, here or from a web server or object store that they are copied to; so does the library
    webdataset.

    The same call goes on where an interrupted one stopped, and makes damaged shards anew.
    """
    check_output_folder(output, "the shards")
    from crs_plugin.data.cache.limit import in_words
    from crs_plugin.data.shards.shard_writing import LEFT_OUT, write_shards
    from crs_plugin.progress import StageProgress
    from crs_plugin.verbosity import progress_console

    dataset = chosen_dataset(data, root, overrides)
    progress = StageProgress(progress_console())
    with progress.stage():
        written = write_shards(
            dataset,
            output,
            size=size,
            progress=lambda done, n: progress(f"writing {dataset.name}", done, n),
        )
    click.echo(
        f"{dataset.name}: {written.images:,} of {len(dataset):,} images in {written.shards:,} shard"
        f"{'s' * (written.shards != 1)}, {in_words(written.shard_bytes)}"
    )
    if written.from_before:
        click.echo(f"  {written.from_before:,} × shard written by an earlier call")
    if written.left_out:
        click.echo(f"  {len(written.left_out):,} × image that cannot be read: {output / LEFT_OUT}")
    if dataset.extra:
        click.echo(f"  not written: {', '.join(dataset.extra)}, which shards have no place for")
    click.echo(f"Open it: crs data inspect shards --root {quote(str(output))}")
