"""``crs predict``."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from crs_plugin.cli.data.picture_file import check_picture_file
from crs_plugin.cli.json_output import json_option, print_json
from crs_plugin.errors import InputError

if TYPE_CHECKING:
    from PIL import Image

    from crs_plugin.data.cropping.face_detector import FaceDetector
    from crs_plugin.evaluation.figures.predictions import Box, PredictedFace

_MOST_SHOWN = 50
_UNLIMITED = 10_000  # columns
_AT_ONCE = 32  # photos that are held in memory


@click.command(
    "predict",
    epilog="Example: crs predict a.png --encoder runs/mine --classifier wild.safetensors",
)
@click.argument(
    "images", metavar="IMAGE...", nargs=-1, required=True, type=click.Path(path_type=Path)
)
@click.option("--encoder", required=True, metavar="ENCODER", help="The encoder, as in 'crs embed'.")
@click.option(
    "--classifier",
    required=True,
    type=click.Path(path_type=Path),
    help="A classifier that was trained on its features.",
)
@click.option("--crop", is_flag=True, help="Find the largest face of each image and cut it out.")
@click.option(
    "--detector",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="With --crop: weights of YuNet (.onnx), as for 'crs data crop'.",
)
@click.option(
    "--margin",
    type=click.FloatRange(0, 4),
    default=0.0,
    show_default=True,
    help="With --crop: what is added on each side of the face, as a share of its side.",
)
@json_option
@click.option(
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Also write a picture, .png or .jpg, with bars of the probabilities.",
)
def command(
    images: tuple[Path, ...],
    encoder: str,
    classifier: Path,
    crop: bool,
    detector: Path | None,
    margin: float,
    as_json: bool,
    output: Path | None,
) -> None:
    """Say which expression faces show, by the classes of a classifier.

    An image (or every image in a folder) should show one face, cropped as those that the classifier
    was trained on; --crop does it as 'crs data crop' does, with the same --margin. The
    probabilities are those of a person calling the face so, as far as the classifier learnt it;
    what somebody feels cannot be seen in a picture.
    """
    if crop != (detector is not None) or (margin and not crop):
        raise InputError("--crop and --detector FILE go together, and --margin with both")
    if output is not None:
        check_picture_file(output)

    from crs_plugin.data.cropping.face_detector import FaceDetector
    from crs_plugin.data.dataset import DataError
    from crs_plugin.data.image_search import find_images
    from crs_plugin.models.open_encoder import open_encoder
    from crs_plugin.models.trained_classifier import fitting_classifier
    from crs_plugin.progress import StageProgress
    from crs_plugin.verbosity import progress_console

    paths = find_images(images)
    opened = open_encoder(encoder)
    loaded = fitting_classifier(classifier, opened.digest(), opened.info.feature_dim)
    finder = FaceDetector(detector) if detector else None
    kept = _MOST_SHOWN if output is not None else 0
    faces: list[PredictedFace] = []
    progress = StageProgress(progress_console(stderr=True))
    with progress.stage():
        for start in range(0, len(paths), _AT_ONCE):
            chunk = paths[start : start + _AT_ONCE]
            for face in _predicted(chunk, opened, loaded, finder, margin):
                faces.append(face if len(faces) < kept else replace(face, image=None))
            progress("predictions", start + len(chunk), len(paths))
    if not faces:
        raise DataError(
            "no face is found in any of the images; without --crop they are taken whole"
        )
    if as_json:
        _print_json(faces)
    else:
        _print_table(faces)
    if output is not None:
        _write_picture(faces, output, quiet=as_json)


def _predicted(
    paths: Sequence[str],
    encoder: Any,
    classifier: Any,
    detector: "FaceDetector | None",
    margin: float,
) -> "list[PredictedFace]":
    from crs_plugin.evaluation.figures.predictions import PredictedFace

    shown, faces = [], []
    for path in paths:
        image = _read(path)
        found = (image, None) if detector is None else _largest_face(image, detector, margin)
        if found is None:
            click.echo(f"{path}: no face is found", err=True)
            continue
        face, box = found
        faces.append(face)
        shown.append((path, image, box))
    predictions = encoder.predict(faces, classifier)
    return [
        PredictedFace(path, image, prediction, box)
        for (path, image, box), prediction in zip(shown, predictions, strict=True)
    ]


def _read(path: str) -> "Image.Image":
    from crs_plugin.data.dataset import DataError
    from crs_plugin.image_file import read_image_file

    try:
        return read_image_file(path)
    except Exception as error:  # damaged files raise whatever their decoder stumbles over
        raise DataError(f"{path}: cannot be read: {error}") from error


def _largest_face(
    image: "Image.Image", detector: "FaceDetector", margin: float
) -> "tuple[Image.Image, Box] | None":
    """Return the face, upright, and its box in the image."""
    from crs_plugin.data.cropping.alignment import aligned

    found = detector.faces(image)
    if not found:
        return None
    x, y, width, height = found[0].box.tolist()
    return aligned(image, found[0].landmarks, margin), (x, y, width, height)


def _print_table(faces: "Sequence[PredictedFace]") -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None)
    for heading in ("image", "expression", "probability", "then", ""):
        table.add_column(heading, overflow="fold")
    for face in faces:
        ranked = sorted(face.prediction.probabilities.items(), key=lambda entry: -entry[1])[:2]
        cells = [text for name, value in ranked for text in (name, f"{100 * value:.1f} %")]
        table.add_row(*map(Text, (face.name, *cells)))
    console = Console()
    # Elsewhere than on a terminal lines are never folded: a program may read them.
    if not console.is_terminal:
        console.width = console.measure(
            table, options=console.options.update(max_width=_UNLIMITED)
        ).maximum
    console.print(table)


def _print_json(faces: "Sequence[PredictedFace]") -> None:
    rows = [
        {
            "image": face.name,
            "name": face.prediction.name,
            "probability": face.prediction.probability,
            "probabilities": face.prediction.probabilities,
            **({} if face.box is None else {"box": face.box}),
        }
        for face in faces
    ]
    print_json({"faces": rows})


def _write_picture(faces: "Sequence[PredictedFace]", output: Path, quiet: bool) -> None:
    from crs_plugin.evaluation.figures.predictions import predictions_picture
    from crs_plugin.files import atomic_path

    picture = predictions_picture(faces[:_MOST_SHOWN])
    with atomic_path(output) as temporary:
        picture.save(temporary)
    some = f", with the first {_MOST_SHOWN} images" if len(faces) > _MOST_SHOWN else ""
    click.echo(f"wrote {output}{some}", err=quiet)
