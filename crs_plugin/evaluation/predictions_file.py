"""What was predicted for every test image, as a table for people and programs."""

from pathlib import Path

from crs_plugin.evaluation.figures.drawing import as_csv
from crs_plugin.evaluation.result import EvaluationResult, Target, headline_targets
from crs_plugin.files import write_atomically


def write_predictions(folder: Path, results: tuple[EvaluationResult, ...]) -> None:
    """Write one CSV file for each headline target, numbered as in the report.

    Columns: ``image``, ``subject`` (empty where unknown), ``truth`` and one per encoder, all by
    name of the class.

    Args:
        folder: Is made if it is not there.
        results: Of a run.

    Raises:
        OSError: If it cannot be written.
    """
    folder.mkdir(exist_ok=True)
    for number, target in enumerate(headline_targets(results), start=1):
        write_atomically(folder / f"{number}.csv", _table(target))


def _table(target: Target) -> str:
    seen, names = target.predictions, target.class_names
    columns = (
        [seen.test.images.name(index) for index in range(len(seen.test))],
        ["" if subject < 0 else subject for subject in seen.test.subject.tolist()],
        *([names[i] for i in ids.tolist()] for ids in (seen.truth, *seen.predicted.values())),
    )
    return as_csv(("image", "subject", "truth", *seen.predicted), zip(*columns, strict=True))
