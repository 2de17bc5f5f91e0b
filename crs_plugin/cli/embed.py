"""``crs embed``."""

from pathlib import Path

import click


@click.command(
    "embed",
    epilog="Example: crs embed faces/ --encoder runs/mine --output features.parquet",
)
@click.argument(
    "images", metavar="FOLDER|FILE...", nargs=-1, required=True, type=click.Path(path_type=Path)
)
@click.option("--encoder", required=True, metavar="ENCODER", help="The encoder; see below.")
@click.option(
    "--output",
    required=True,
    type=click.Path(path_type=Path),
    help=".parquet or .csv (path and features), or .npy (features alone; the paths beside it).",
)
@click.option(
    "--on-bad-image",
    type=click.Choice(["error", "skip"]),
    default="error",
    show_default=True,
    help="What to do about images that cannot be read.",
)
def command(images: tuple[Path, ...], encoder: str, output: Path, on_bad_image: str) -> None:
    """Write the features of images, one row an image.

    Folders are searched at any depth. Images are squeezed to the encoder's input size, not cropped:
    they should show one face each.

    If it is interrupted or killed, the same command goes on where it was: until the output is
    whole, what is done lies beside it in a folder .NAME.parts.

    ENCODER is our .safetensors file, the folder of a run, a checkpoint, an .onnx file, or
    torchvision/NAME:WEIGHTS or timm/NAME:WEIGHTS.
    """
    import shutil

    from crs_plugin.data.bad_images import listed
    from crs_plugin.data.dataset import DataError
    from crs_plugin.data.image_search import find_images
    from crs_plugin.evaluation.features.feature_table import check_feature_file, write_feature_table
    from crs_plugin.evaluation.features.file_features import features_of_files
    from crs_plugin.models.open_encoder import open_encoder
    from crs_plugin.progress import StageProgress
    from crs_plugin.verbosity import progress_console

    check_feature_file(output)
    paths = find_images(images)
    opened = open_encoder(encoder)
    kept = output.parent / f".{output.name}.parts"
    progress = StageProgress(progress_console(stderr=True))
    with progress.stage():
        found = features_of_files(
            opened, paths, kept, lambda done, of: progress("features", done, of)
        )
    if found.continued:
        click.echo(f"an earlier run had done {found.continued:,} of {len(paths):,} images")
    if found.bad and not found.paths:
        raise DataError(f"none of the {len(paths):,} images can be read:{listed(found.bad)}")
    if found.bad and on_bad_image == "error":
        raise DataError(
            f"{len(found.bad):,} of {len(paths):,} images cannot be read; what is done is kept."
            " Repair or remove them, or leave them out with --on-bad-image skip, and give the"
            f" same command again:{listed(found.bad)}"
        )
    written = write_feature_table(output, found.paths, found.features, opened.digest())
    shutil.rmtree(kept)
    if found.bad:
        click.echo(f"left out: {len(found.bad):,} that cannot be read:{listed(found.bad)}")
    number, width = found.features.shape
    click.echo(f"wrote {' and '.join(map(str, written))}: {number:,} images, {width} features each")
