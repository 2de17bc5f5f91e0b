"""What the weight of the *negative* class does to the coarse and to the fine probe.

    python tests/benchmarks/study_class_weights.py --output runs/class_weights  # about an hour
    python tests/benchmarks/study_class_weights.py --recipe crs_cont_resnet18_ferplus \\
        --set training.epochs=4 --output runs/class_weights_ferplus

Runs a recipe for each weight and seed, with all other classes at weight 1, and writes
``study.json`` and ``study.png`` beside the runs. Each linear probe of the recipe is made twice on
the same frozen features: on its expressions, and on the coarse classes where its data have them. A
study that was stopped goes on when it is started again with the same options; runs that are
finished are not made again.
"""

import argparse
import json
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from matplotlib.figure import Figure
from rich.console import Console
from rich.table import Table

from crs_plugin.errors import InputError
from crs_plugin.recipe import RecipeError, load_recipe
from crs_plugin.recipe.checks import check_data
from crs_plugin.recipe.writing import on_one_line
from crs_plugin.runs.run_folder import RunFolder
from crs_plugin.runs.running import run_recipe

CLASS = "negative"
MEASURES = {"accuracy": "accuracy", "uar": "UAR"}


@dataclass(frozen=True)
class Probe:
    """One evaluation of every run.

    Attributes:
        labels: ``fine`` or ``coarse``.
        target: Place of the fine evaluation of the same target among the evaluations.
        values: The evaluation as a recipe has it.
    """

    labels: str
    target: int
    values: dict[str, Any]


def probes(source: str, overrides: Sequence[str]) -> list[Probe]:
    """Return the recipe's evaluations, each followed by its coarse counterpart if it has one."""
    recipe = load_recipe(source, overrides)
    check_data(recipe)
    found: list[Probe] = []
    for values in recipe.values.get("evaluation", []):
        target = len(found)
        found.append(Probe(values.get("labels", "fine"), target, values))
        coarse = {**values, "labels": "coarse"}
        if "title" in values:
            coarse["title"] = f"{values['title']} (coarse)"
        if values["name"] == "linear_probe" and found[-1].labels == "fine":
            try:
                check_data(load_recipe(source, [*overrides, set_to("evaluation", [coarse])]))
            except RecipeError as error:
                print(f"no coarse probe: {error}")
            else:
                found.append(Probe("coarse", target, coarse))
    return found


def set_to(key: str, value: Any) -> str:
    return f"{key}={on_one_line(value)}"


def weighted_terms(source: str, overrides: Sequence[str]) -> list[int]:
    """Return the places of the terms that weight classes."""
    recipe = load_recipe(source, overrides)
    terms = [
        index
        for index, term in enumerate(recipe.objective)
        if "class_weights" in term.spec.component.options()
    ]
    if not terms:
        raise InputError(f"no term of {recipe.name} has class weights; there is nothing to study")
    return terms


def study(
    source: str,
    overrides: Sequence[str],
    weights: Sequence[float],
    seeds: Sequence[int],
    output: Path,
) -> list[dict[str, Any]]:
    """Make all runs and return one row for each weight, seed and probe."""
    terms = weighted_terms(source, overrides)
    made = probes(source, overrides)
    rows = []
    for seed in seeds:
        for weight in weights:
            changes = [set_to(f"objective.{i}.class_weights", {CLASS: weight}) for i in terms]
            changes += [set_to("seed", seed), set_to("evaluation", [p.values for p in made])]
            folder = output / f"{CLASS}_{weight:g}_seed_{seed}"
            results = results_of_run(source, [*overrides, *changes], folder)
            found = [result["targets"][0]["scores"] for result in results]
            rows += [
                {
                    "weight": weight,
                    "seed": seed,
                    "target": results[probe.target]["title"],
                    "labels": probe.labels,
                    **{measure: scores["trained"][measure] for measure in MEASURES},
                    **{f"random_{measure}": scores["random"][measure] for measure in MEASURES},
                    "n": scores["trained"]["n"],
                }
                for probe, scores in zip(made, found, strict=True)
            ]
    return rows


def results_of_run(source: str, overrides: Sequence[str], folder: Path) -> list[dict[str, Any]]:
    run = RunFolder(folder)
    mode = "resume" if run.recipe.is_file() else "new"
    recipe = load_recipe(source, overrides)
    if not run_recipe(recipe, run, mode=mode, continue_with="(the command of the study)"):
        raise SystemExit(130)
    results: list[dict[str, Any]] = json.loads((folder / "report.json").read_text())["results"]
    return results


def values_of(rows: Sequence[dict[str, Any]], measure: str, **wanted: Any) -> list[float]:
    """Return a measure in per cent, of the rows that are wanted."""
    return [100 * row[measure] for row in rows if all(row[key] == wanted[key] for key in wanted)]


def table(rows: Sequence[dict[str, Any]], weights: Sequence[float]) -> Table:
    """Return means over the seeds, with standard deviations where there are several."""
    shown = Table(
        *("target", "labels", "in per cent", "random"),
        *(f"{CLASS} {weight:g}" for weight in weights),
        title="Probes of the frozen encoder",
    )
    for target, labels in dict.fromkeys((row["target"], row["labels"]) for row in rows):
        for measure, name in MEASURES.items():
            random = values_of(
                rows, f"random_{measure}", target=target, labels=labels, weight=weights[0]
            )
            columns = [
                values_of(rows, measure, target=target, labels=labels, weight=weight)
                for weight in weights
            ]
            shown.add_row(target, labels, name, *map(in_words, [random, *columns]))
    return shown


def in_words(values: Sequence[float]) -> str:
    mean = f"{statistics.mean(values):.1f}"
    return f"{mean} ± {statistics.stdev(values):.1f}" if len(values) > 1 else mean


def figure(rows: Sequence[dict[str, Any]], weights: Sequence[float], title: str) -> Figure:
    """Draw accuracy and UAR over the weight: a line for each target, a dot for each seed."""
    drawn = Figure(figsize=(9, 6.4), layout="constrained")
    drawn.suptitle(title, fontsize=10)
    panels = drawn.subplots(len(MEASURES), 2, sharex=True, squeeze=False)
    targets = list(dict.fromkeys(row["target"] for row in rows))
    for line, (measure, name) in zip(panels, MEASURES.items(), strict=True):
        for axes, labels in zip(line, ("coarse", "fine"), strict=True):
            axes.set_title(f"{labels} labels: {name}, per cent", fontsize=9)
            axes.set_xticks(range(len(weights)), [f"{weight:g}" for weight in weights])
            axes.grid(alpha=0.25)
            for number, target in enumerate(targets):
                draw_target(axes, rows, weights, measure, f"C{number}", (target, labels))
    for axes in panels[-1]:
        axes.set_xlabel(f"weight of {CLASS}")
    drawn.legend(
        *panels[0][1].get_legend_handles_labels(), loc="outside lower center", ncols=2, fontsize=8
    )
    return drawn


def draw_target(
    axes: Any,
    rows: Sequence[dict[str, Any]],
    weights: Sequence[float],
    measure: str,
    colour: str,
    meant: tuple[str, str],
) -> None:
    target, labels = meant
    columns = [
        values_of(rows, measure, target=target, labels=labels, weight=weight) for weight in weights
    ]
    if not columns[0]:
        return
    means = [statistics.mean(values) for values in columns]
    axes.plot(means, color=colour, label=target)
    for place, values in enumerate(columns):
        axes.plot([place] * len(values), values, ".", color=colour, alpha=0.6)
    random = values_of(rows, f"random_{measure}", target=target, labels=labels)
    axes.axhline(statistics.mean(random), color=colour, linestyle=":", linewidth=1)


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--recipe", default="crs_cont_resnet18", help="file or name of a recipe")
    parser.add_argument("--weights", type=float, nargs="+", default=[1.0, 0.5, 0.25, 0.0])
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--set", dest="overrides", action="append", default=[], metavar="KEY=VALUE")
    parser.add_argument("--output", type=Path, required=True, help="folder of all runs")
    given = parser.parse_args(arguments)
    try:
        rows = study(given.recipe, given.overrides, given.weights, given.seeds, given.output)
    except InputError as error:
        raise SystemExit(str(error)) from error
    told = {
        "recipe": given.recipe,
        "overrides": given.overrides,
        "class": CLASS,
        "weights": given.weights,
        "seeds": given.seeds,
        "rows": rows,
    }
    (given.output / "study.json").write_text(json.dumps(told, indent=2) + "\n")
    seeds = f"{len(given.seeds)} seed{'s' * (len(given.seeds) != 1)}"
    title = ", ".join([given.recipe, *given.overrides, seeds]) + "; dotted: random encoder"
    figure(rows, given.weights, title).savefig(given.output / "study.png", dpi=150)
    Console().print(table(rows, given.weights))
    print(f"{given.output / 'study.json'}, {given.output / 'study.png'}")


if __name__ == "__main__":
    main()
