"""``crs export``."""

from pathlib import Path
from typing import Literal

import click


@click.command(
    "export", epilog="Example: crs export runs/mine --format onnx --preprocessing --output e.onnx"
)
@click.argument("encoder", metavar="ENCODER")
@click.option(
    "--format",
    "format_",
    type=click.Choice(["safetensors", "pt2", "onnx"]),
    required=True,
    help="safetensors: our own file, weights by their stock names; pt2: a program for"
    " torch.export.load; onnx: for onnxruntime and others (needs the extra 'onnx').",
)
@click.option(
    "--output",
    required=True,
    type=click.Path(dir_okay=False, path_type=Path),
    help="The file that is written.",
)
@click.option(
    "--preprocessing",
    is_flag=True,
    help="Put resizing and normalisation inside the graph: it takes uint8 images of any size.",
)
def command(
    encoder: str,
    format_: Literal["safetensors", "pt2", "onnx"],
    output: Path,
    preprocessing: bool,
) -> None:
    """Write an encoder for other programs, and check what was written against it.

    ENCODER is what 'crs embed' takes. Batches may have any size. The file is read again and run on
    random images; if its features differ from the encoder's, nothing is written.
    """
    from crs_plugin.errors import InputError
    from crs_plugin.models.encoder_export import export_encoder
    from crs_plugin.models.onnx_encoder import OnnxEncoder
    from crs_plugin.models.open_encoder import open_encoder
    from crs_plugin.output_place import check_output_file

    if output.suffix != f".{format_}":
        raise InputError(f"{output}: with --format {format_} the file's name ends in .{format_}")
    check_output_file(output, "the export")
    opened = open_encoder(encoder)
    if isinstance(opened, OnnxEncoder):
        raise InputError(f"{encoder} is an export already; give the encoder that it came from")
    exported = export_encoder(opened.cpu(), output, format_, preprocessing=preprocessing)
    click.echo(f"takes {exported.takes}; gives features [batch, {opened.info.feature_dim}]")
    click.echo(
        f"differs from the encoder by at most {exported.difference:.1e} on random images, whose"
        f" features reach {exported.largest:.3g}"
    )
    click.echo(f"wrote {output}")
