"""Objectives beside each other on real faces, at equal budgets: what coarse labels are worth.

    CRS_DATA=/data python tests/benchmarks/study_objectives.py short --output runs/short
    CRS_DATA=/data python tests/benchmarks/study_objectives.py long --output runs/long

Needs ``$CRS_DATA/ferplus``, of whose two thirds FER2013Valid plays the test set, and
``$CRS_DATA/muxspace`` (``legend.csv`` and ``images/``). *Short* trains on 10,000 drawn images for
8 epochs, with three seeds; *long* on all of them for 20 epochs, with one. Every encoder is trained
from scratch, frozen, and evaluated in the same way: linear probe on FERPlus, the same classifier on
muxspace, few labels, changed pictures, geometry. The rows *without* keep an expression out of
pre-training, which the classifier then learns from frozen features.

Training images with a near copy in what is tested are left out of pre-training. All classifiers
learn from FER2013Train and choose their regularisation on a part of it. Writes ``study.json``
beside the runs. A study that was stopped goes on when it is started again; ``--rows`` makes some of
the runs, so that several processes can share them.
"""

import argparse
import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table
from study_class_weights import in_words, results_of_run, set_to

from crs_plugin.errors import InputError


@dataclass(frozen=True)
class Budget:
    """How much is trained.

    Attributes:
        images: Training images, drawn with the seed of the run; None for all.
        epochs: Epochs.
        seeds: Seeds of the runs.
    """

    images: int | None
    epochs: int
    seeds: tuple[int, ...]


BUDGETS = {"short": Budget(10_000, 8, (0, 1, 2)), "long": Budget(None, 20, (0,))}

NEGATIVE = "objective.0.class_weights.negative"
ROWS: dict[str, tuple[str, tuple[str, ...]]] = {
    "CRS-CONT, weight 1": ("crs_cont_resnet18", (f"{NEGATIVE}=1",)),
    "CRS-CONT, weight 0.5": ("crs_cont_resnet18", ()),
    "CRS-CONT, weight 0.25": ("crs_cont_resnet18", (f"{NEGATIVE}=0.25",)),
    "SupCon, coarse": ("supcon_coarse_resnet18", ()),
    "SupCon, fine": ("supcon_resnet18", ()),
    "SimCLR": ("simclr_resnet18", ()),
    "supervised, coarse": ("supervised_coarse_resnet18", ()),
    "supervised, fine": ("supervised_resnet18", ()),
    **{
        f"{name}, without {expression}": (recipe, (f"exclude_expressions=[{expression}]",))
        for expression in ("anger", "surprise")
        for name, recipe in (
            ("CRS-CONT", "crs_cont_resnet18"),
            ("SupCon, fine", "supcon_resnet18"),
            ("supervised, fine", "supervised_resnet18"),
        )
    },
}
"""Name → recipe and what is changed in it."""

SHOWN = {
    "FERPlus accuracy": ("FERPlus", "accuracy"),
    "UAR": ("FERPlus", "uar"),
    "→ muxspace accuracy": ("FERPlus → muxspace", "accuracy"),
    "UAR ": ("FERPlus → muxspace", "uar"),
    "10 images a class, UAR": ("few labels", "UAR, 10 images a class"),
    "changed pictures, UAR": ("changed pictures", "UAR, all changes"),
    "anger, recall": ("FERPlus", "recall of anger"),
    "surprise, recall": ("FERPlus", "recall of surprise"),
}
"""Column → evaluation and measure."""


def data_folder() -> Path:
    folder = Path(os.environ.get("CRS_DATA", "")).resolve()
    for needed in ("ferplus/fer2013new.csv", "muxspace/legend.csv"):
        if not (folder / needed).is_file():
            raise InputError(
                f"there is no {folder / needed}; CRS_DATA names the folder of the data"
            )
    return folder


def evaluations(data: Path) -> list[dict[str, Any]]:
    faces = {"name": "ferplus", "root": str(data / "ferplus"), "valid_as_test": True}
    muxspace = {
        "name": "table",
        "root": str(data / "muxspace"),
        "file": "legend.csv",
        "image_column": "image",
        "image_folder": "images",
        "label_column": "emotion",
        "subject_pattern": r"([^/]+?)_\d+\.",
    }
    return [
        {"name": "linear_probe", "title": "FERPlus", "data": faces},
        {
            "name": "linear_probe",
            "title": "FERPlus → muxspace",
            "data": faces,
            "test_data": muxspace,
        },
        {"name": "few_shot", "title": "few labels", "data": faces},
        {"name": "robustness", "title": "changed pictures", "data": faces},
        {"name": "geometry", "title": "geometry", "data": faces},
    ]


def changes(budget: Budget, data: Path) -> list[str]:
    """Return what every run changes in its recipe."""
    return [
        set_to("data", {"name": "ferplus", "root": str(data / "ferplus"), "valid_as_test": True}),
        "on_leak=drop_from_train",
        set_to("training.images", budget.images),
        f"training.epochs={budget.epochs}",
        "training.decode_size=48",
        set_to("evaluation", evaluations(data)),
        "references=[]",
    ]


def row_of(results: Sequence[Mapping[str, Any]]) -> dict[str, dict[str, float]]:
    """Return evaluation → measure → value of the trained encoder."""
    found: dict[str, dict[str, float]] = {}
    for result in results:
        values = found.setdefault(result["title"], {})
        for target in result["targets"]:
            scores = target["scores"]["trained"]
            values |= {name: scores[name] for name in ("accuracy", "uar", "macro_f1")}
            recalls = zip(target["class_names"], scores["per_class_recall"], strict=True)
            values |= {f"recall of {name}": recall for name, recall in recalls}
        for measure in result["measures"]:
            at = "".join(f", {value} {what}" for what, value in measure["at"].items())
            values[measure["name"] + at] = measure["values"]["trained"]["value"]
    return found


def table(rows: Sequence[Mapping[str, Any]], budget: Budget) -> Table:
    """Return means over the seeds in per cent, with standard deviations where there are several."""
    images = "all" if budget.images is None else f"{budget.images:,}"
    title = f"{images} images × {budget.epochs} epochs; per cent, {len(budget.seeds)} seed(s)"
    shown = Table("pre-training", *SHOWN, title=title)
    for name in dict.fromkeys(row["row"] for row in rows):
        found = [row["values"] for row in rows if row["row"] == name]
        cells = [
            [100 * values[of][what] for values in found if what in values.get(of, {})]
            for of, what in SHOWN.values()
        ]
        shown.add_row(name, *(in_words(values) if values else "–" for values in cells))
    return shown


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("budget", choices=BUDGETS)
    parser.add_argument("--rows", nargs="+", choices=ROWS, default=list(ROWS), metavar="ROW")
    parser.add_argument("--seeds", type=int, nargs="+", help="others than the budget's")
    parser.add_argument("--set", dest="overrides", action="append", default=[], metavar="KEY=VALUE")
    parser.add_argument("--output", type=Path, required=True, help="folder of all runs")
    given = parser.parse_args(arguments)
    budget = BUDGETS[given.budget]
    seeds = tuple(given.seeds or budget.seeds)
    try:
        common = changes(budget, data_folder())
        rows = []
        for seed in seeds:
            for name in given.rows:
                recipe, own = ROWS[name]
                overrides = [*common, *own, f"seed={seed}", *given.overrides]
                results = results_of_run(recipe, overrides, given.output / f"{name}, seed {seed}")
                rows.append({"row": name, "seed": seed, "values": row_of(results)})
    except InputError as error:
        raise SystemExit(str(error)) from error
    told = {"budget": given.budget, "overrides": given.overrides, "rows": rows}
    (given.output / "study.json").write_text(json.dumps(told, indent=2) + "\n")
    Console().print(table(rows, Budget(budget.images, budget.epochs, seeds)))


if __name__ == "__main__":
    main()
