"""Whether training on occluded, unevenly lit and poor pictures helps on such pictures.

    crs recipe run crs_cont_resnet18 --output runs/plain
    crs recipe run crs_cont_robust_resnet18 --output runs/robust
    python tests/benchmarks/study_occlusion.py runs/plain runs/robust  # a minute or two

Takes the encoders of two finished runs with the same data. For each, a linear classifier is fitted
on clean training images, its regularisation chosen on clean validation images; it is tested on the
clean test images of these data, and on the same images changed by one augmentation at a time, the
same changes for both encoders. The gain is that of the second run over the first, with 95 %
intervals by paired bootstrap.
"""

import argparse
import statistics
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from rich.console import Console
from rich.table import Table

from crs_plugin import Encoder
from crs_plugin.augmentations import (
    RandomDegradation,
    RandomFaceOcclusion,
    RandomIllumination,
    RandomSmallPose,
)
from crs_plugin.augmentations.occluders import OCCLUDERS
from crs_plugin.errors import InputError
from crs_plugin.evaluation.changed_images import features_of_changed
from crs_plugin.evaluation.context import EvaluationContext
from crs_plugin.evaluation.metrics import ComparedScores, compare
from crs_plugin.evaluation.probing.linear_classifier import REGULARISATION, Features
from crs_plugin.evaluation.probing.probe_data import probe_data
from crs_plugin.evaluation.probing.probe_fit import fit_probe
from crs_plugin.recipe import Recipe, load_recipe
from crs_plugin.recipe.spec import DataSource
from crs_plugin.runs.run_folder import RunFolder

CLEAN = "clean"
CHANGES: dict[str, Callable[[], torch.nn.Module]] = {
    **{
        f"occluded: {kind}": lambda kind=kind: RandomFaceOcclusion(kinds=[kind], p=1.0)
        for kind in OCCLUDERS
    },
    "illumination": lambda: RandomIllumination(p=1.0),
    "degradation": lambda: RandomDegradation(p=1.0),
    "small pose": lambda: RandomSmallPose(p=1.0),
}
FIRST, SECOND = "first", "trained"  # what the evaluation calls them


@dataclass(frozen=True)
class Run:
    """What is used of a finished run.

    Attributes:
        recipe: Its resolved recipe.
        encoder: Its encoder.
    """

    recipe: Recipe
    encoder: Encoder

    @classmethod
    def load(cls, folder: Path) -> "Run":
        run = RunFolder(folder)
        if not (run.recipe.is_file() and run.encoder.is_file()):
            raise InputError(
                f"{folder} holds no finished run (recipe.yaml and encoder.safetensors)"
            )
        return cls(load_recipe(run.recipe), Encoder.load(run.encoder))


def check_comparable(first: Run, second: Run) -> None:
    for what, one, other in (
        ("data", first.recipe.values["data"], second.recipe.values["data"]),
        ("input size", first.encoder.info.input_size, second.encoder.info.input_size),
    ):
        if one != other:
            raise InputError(f"the runs differ in their {what}: {one} and {other}")


def study(first: Run, second: Run) -> Iterator[tuple[str, ComparedScores]]:
    """Yield the scores on the clean test images, and on those of each change."""
    recipe, size = first.recipe, first.encoder.info.input_size
    context = EvaluationContext(
        DataSource(recipe.data), size, recipe.seed, coarse_table=recipe.labels
    ).with_encoders(second.encoder, {FIRST: first.encoder})
    probe = probe_data(context.open(None), None, validation_fraction=0.2, seed=recipe.seed)
    classes = len(probe.class_names)

    classifiers = {
        which: fit_probe(context, which, probe, REGULARISATION) for which in context.encoders
    }
    truth = probe.labels(probe.test)

    def scores(features: dict[str, Features]) -> ComparedScores:
        predictions = {which: classifiers[which].predict(features[which]) for which in classifiers}
        return compare(truth, predictions, classes, subject=probe.test.subject, seed=recipe.seed)

    yield CLEAN, scores({which: context.features(which, probe.test) for which in classifiers})
    for name, make in CHANGES.items():
        yield name, scores(features_of_changed(context, probe.test, make(), recipe.seed))


def table(results: Sequence[tuple[str, ComparedScores]], names: Sequence[str]) -> Table:
    """Return accuracy and UAR in per cent: a line for each change, and means over the occluders."""
    columns = (*(f"{name} {m}" for name in names for m in ("acc.", "UAR")), "gain acc.", "gain UAR")
    shown = Table("test images", *columns, title="Linear classifiers fitted on clean images")
    for name, found in results:
        gain = found.gains[FIRST]
        shown.add_row(
            name,
            *(f"{100 * s:.1f}" for s in scores_of(found)),
            in_words(gain.accuracy, gain.accuracy_interval),
            in_words(gain.uar, gain.uar_interval),
        )
    occluded = [scores_of(found) for name, found in results if name.startswith("occluded")]
    means = [100 * statistics.mean(column) for column in zip(*occluded, strict=True)]
    gains = (means[2] - means[0], means[3] - means[1])
    shown.add_row("occluded: mean", *(f"{m:.1f}" for m in means), *(f"{g:+.1f}" for g in gains))
    return shown


def scores_of(found: ComparedScores) -> tuple[float, float, float, float]:
    first, second = found.scores[FIRST], found.scores[SECOND]
    return first.accuracy, first.uar, second.accuracy, second.uar


def in_words(gain: float, interval: tuple[float, float]) -> str:
    low, high = interval
    return f"{100 * gain:+.1f} ({100 * low:+.1f} to {100 * high:+.1f})"


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("runs", type=Path, nargs=2, metavar="RUN", help="folder of a finished run")
    given = parser.parse_args(arguments)
    try:
        first, second = (Run.load(folder) for folder in given.runs)
        check_comparable(first, second)
        results = list(study(first, second))
    except InputError as error:
        raise SystemExit(str(error)) from error
    Console().print(table(results, [folder.name for folder in given.runs]))
    print(f"{results[0][1].scores[SECOND].n:,} test images")


if __name__ == "__main__":
    main()
