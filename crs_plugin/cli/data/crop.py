"""``crs data crop``."""

from functools import partial
from pathlib import Path
from shlex import quote

import click

from crs_plugin.cli.completion import datasets
from crs_plugin.cli.data.chosen_data import root_option
from crs_plugin.cli.set_option import set_option
from crs_plugin.errors import InputError
from crs_plugin.output_place import check_output_folder

_OPENED_BY = "--set file=faces.csv --set split_column=split --set subject_column=subject"


@click.command(
    "crop",
    epilog="Example: crs data crop image_folder --detector yunet.onnx --output faces",
)
@click.argument("name", shell_complete=datasets)
@root_option
@set_option("an option of the data set")
@click.option(
    "--detector",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Weights of YuNet (.onnx), which finds the faces and their landmarks.",
)
@click.option(
    "--margin",
    type=click.FloatRange(0, 4),
    default=0.0,
    show_default=True,
    help="With --detector: what is added on each side of the face, as a share of its side.",
)
@click.option(
    "--output",
    type=click.Path(file_okay=False, path_type=Path),
    required=True,
    metavar="DIR",
    help="Folder for the faces and their table.",
)
def command(
    name: str,
    root: str | None,
    overrides: tuple[str, ...],
    detector: Path | None,
    margin: float,
    output: Path,
) -> None:
    """Cut the faces out of a data set's photos, upright, and write a table that opens them.

    NAME is a data set of 'crs data list'. With --detector, the largest face of each photo is turned
    and scaled so that its eyes, nose and mouth come to lie where ArcFace's template has them.
    Without, the data set has to say where the faces are: a table's 'box_columns', which are cut
    out, or 'landmark_columns', by which faces are aligned in the same way.

    The same call goes on where an interrupted one stopped. The detector needs the extra 'crop';
    its weights are not downloaded.
    """
    if margin and detector is None:
        raise InputError(
            "--margin goes with --detector; faces that the data set places have its own option"
            f" 'margin': --set margin={margin:g}"
        )
    check_output_folder(output, "the faces")
    from crs_plugin.data.cropping.crop_log import OPTIONS
    from crs_plugin.recipe.one_component import one_component

    spec = one_component("dataset", name, {} if root is None else {"root": root}, overrides)
    made_by = {
        "detector": None if detector is None else _digest(detector),
        OPTIONS: {option: str(value) for option, value in spec.options.items()},
    }
    dataset = spec.build()

    from crs_plugin.data.cropping.cropping import LEFT_OUT, TABLE, crop_faces
    from crs_plugin.data.cropping.face_detector import FaceDetector
    from crs_plugin.progress import StageProgress
    from crs_plugin.verbosity import progress_console

    progress = StageProgress(progress_console())
    with progress.stage():
        crops = crop_faces(
            dataset,
            output,
            detector=None if detector is None else partial(FaceDetector, detector),
            made_by=made_by,
            margin=margin,
            progress=lambda done, n: progress(f"cropping {dataset.name}", done, n),
        )
    click.echo(f"{dataset.name}: {crops.faces:,} faces of {len(dataset):,} images")
    notes = {
        "done by an earlier call": crops.from_before,
        "several faces, of which the largest is taken": crops.several,
    }
    for what, number in (notes | dict(crops.reasons)).items():
        if number:
            click.echo(f"  {number:,} × {what}")
    click.echo(f"wrote {output / TABLE}" + (f" and {output / LEFT_OUT}" if crops.left_out else ""))
    click.echo(f"Open it: crs data inspect table --root {quote(str(output))} {_OPENED_BY}")


def _digest(detector: Path) -> str:
    """Return what tells the detector's file from others, once it is known to be one."""
    from hashlib import sha256

    from crs_plugin.data.cropping.face_detector import FaceDetector

    FaceDetector(detector)
    return f"{detector.name} (sha256 {sha256(detector.read_bytes()).hexdigest()[:16]})"
