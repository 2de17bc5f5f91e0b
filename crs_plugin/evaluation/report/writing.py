"""Writing the report into the folder of a run."""

import json
from pathlib import Path

from crs_plugin.evaluation.figures.drawing import Drawing
from crs_plugin.evaluation.figures.look import INK
from crs_plugin.evaluation.predictions_file import write_predictions
from crs_plugin.evaluation.report.document import document
from crs_plugin.evaluation.report.page import page
from crs_plugin.evaluation.report.run_report import RunReport
from crs_plugin.evaluation.report.sheets import Sheets, sheets
from crs_plugin.evaluation.result import headline_targets
from crs_plugin.files import write_atomically


def write_report(folder: Path, report: RunReport) -> Path:
    """Write ``report.json``, ``report.html``, ``figures/``, ``predictions/``, ``classifiers/``.

    The page is one file without any reference to another. Each figure is also in ``figures/`` as
    SVG or PNG, with its numbers as CSV. Predictions and classifiers go by the number of their
    headline target, from 1.

    Args:
        folder: Folder of the run, which exists.
        report: What there is to tell.

    Returns:
        The path of ``report.html``.

    Raises:
        OSError: If the folder cannot be written; files that were there are left whole.
    """
    text = json.dumps(document(report), indent=2, ensure_ascii=False) + "\n"
    write_atomically(folder / "report.json", text)
    write_predictions(folder / "predictions", report.results)
    _write_classifiers(folder / "classifiers", report)
    drawn = sheets(report)
    _write_figures(folder / "figures", drawn)
    path = folder / "report.html"
    write_atomically(path, page(report, drawn))
    return path


def _write_classifiers(folder: Path, report: RunReport) -> None:
    """Write the classifiers of headline targets, numbered as the predictions are."""
    for number, target in enumerate(headline_targets(report.results), start=1):
        if target.classifier is not None:
            folder.mkdir(exist_ok=True)
            target.classifier.save(folder / f"{number}.safetensors")


def _write_figures(folder: Path, drawn: Sheets) -> None:
    folder.mkdir(exist_ok=True)
    for drawing in drawn.all():
        if drawing.svg is not None:
            write_atomically(folder / f"{drawing.name}.svg", _standalone(drawing))
        if drawing.png is not None:
            write_atomically(folder / f"{drawing.name}.png", drawing.png)
        if drawing.csv is not None:
            write_atomically(folder / f"{drawing.name}.csv", drawing.csv)


def _standalone(drawing: Drawing) -> str:
    """Return the SVG as a file of its own: with its name spaces, on white."""
    spaces = (
        'xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"'
        f' style="background: white; color: {INK}"'
    )
    return str(drawing.svg).replace("<svg", f"<svg {spaces}", 1) + "\n"
