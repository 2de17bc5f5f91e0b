"""``crs import``."""

from pathlib import Path

import click


@click.command("import", epilog="Example: crs import checkpoint.pth --output encoder.safetensors")
@click.argument("checkpoint", metavar="CHECKPOINT", type=click.Path(path_type=Path))
@click.option(
    "--output",
    required=True,
    type=click.Path(dir_okay=False, path_type=Path),
    help="The encoder's file, .safetensors.",
)
@click.option(
    "--backbone",
    default="resnet18",
    show_default=True,
    metavar="NAME",
    help="Its architecture; 'crs components list --kind backbone' lists them.",
)
@click.option(
    "--input-size",
    type=click.IntRange(8),
    default=224,
    show_default=True,
    help="Side in pixels of the images that it was trained on.",
)
@click.option(
    "--small-input-stem", is_flag=True, help="Its stem is a 3×3 convolution without max-pool."
)
@click.option(
    "--bgr",
    is_flag=True,
    help="It was trained on BGR images (OpenCV's order): turn its first layer round, so that it"
    " takes RGB. No error tells when this is set wrongly.",
)
def command(
    checkpoint: Path,
    output: Path,
    backbone: str,
    input_size: int,
    small_input_stem: bool,
    bgr: bool,
) -> None:
    """Make an encoder of a checkpoint: that of the released code, Lightning's, or a state dict.

    Prefixes of wrappers (module., encoder., backbone. …) are found by themselves; heads and the
    classifier are left out. Code in the file is never run.

    A checkpoint does not say in which order of channels its images were read. OpenCV reads BGR;
    code that does not turn it round trains a network for BGR without any sign of it, and RGB images
    then give features that are somewhat worse, without an error. The pre-training of the released
    code is RGB; its linear evaluation reads BGR, with the statistics of RGB.
    """
    from crs_plugin.errors import InputError
    from crs_plugin.models.checkpoint_import import import_checkpoint
    from crs_plugin.models.encoder import Encoder
    from crs_plugin.output_place import check_output_file

    if output.suffix != ".safetensors":
        raise InputError(f"{output}: the name of an encoder's file ends in .safetensors")
    check_output_file(output, "the encoder")
    imported = import_checkpoint(
        checkpoint,
        backbone=backbone,
        input_size=input_size,
        small_input_stem=small_input_stem,
        bgr=bgr,
    )
    Encoder(imported.backbone, imported.info).save(output)
    under = f" under {imported.prefix}" if imported.prefix else ""
    click.echo(f"{checkpoint}: a {backbone}{under}, {imported.info.feature_dim} features")
    if imported.left_out:
        click.echo(f"left out, as no part of the encoder: {', '.join(imported.left_out)}")
    order = "RGB (turned round from BGR)" if bgr else "RGB"
    click.echo(f"images: taken to be {input_size} px, {order}; a checkpoint does not say")
    click.echo(f"wrote {output}")
