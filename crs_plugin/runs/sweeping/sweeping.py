"""Running a sweep: what is finished stays, what was interrupted goes on, what fails is told."""

import traceback
from collections.abc import Mapping, Sequence
from pathlib import Path

from rich.console import Console
from rich.text import Text

from crs_plugin.errors import InputError
from crs_plugin.evaluation.comparison import Comparison, FinishedReport
from crs_plugin.evaluation.comparison.page import comparison_page
from crs_plugin.evaluation.comparison.printing import print_comparison
from crs_plugin.files import write_atomically
from crs_plugin.pretraining.processes import processes_here
from crs_plugin.recipe.checks import check_build, check_data
from crs_plugin.recipe.problem import Problem, RecipeError, cause
from crs_plugin.recipe.recipe import Recipe
from crs_plugin.registry import RegistryError
from crs_plugin.runs.run_folder import Mode, RunFolder
from crs_plugin.runs.running import run_recipe
from crs_plugin.runs.sweeping.sweep import SweepRun
from crs_plugin.verbosity import progress_console

NEW, STOPPED, FINISHED = "new", "to be continued", "finished"


def states(runs: Sequence[SweepRun], folder: Path) -> dict[str, str]:
    """Return name → how far each run has come, after checking that what is there belongs to it.

    Raises:
        InputError: If a folder holds something else, or a run of another recipe.
    """
    found = {}
    for run in runs:
        place = RunFolder(folder / run.name)
        changes = place.changes(run.recipe) if place.recipe.is_file() else []
        if changes:
            listed = "\n".join(f"  {line}" for line in changes)
            raise InputError(
                f"{place.path} was started with other values, so the sweep cannot go on with it:\n"
                f"{listed}\nChange them back, or name another folder with --output"
            )
        place.check(run.recipe, "resume" if place.recipe.is_file() else "new")
        done = FINISHED if place.report.is_file() else STOPPED
        found[run.name] = done if place.exists else NEW
    return found


def check_sweep(runs: Sequence[SweepRun]) -> None:
    """Build every recipe and open its data, once for all of its seeds.

    Raises:
        RecipeError: If a recipe cannot be run; with the problems of all.
    """
    problems: dict[Problem, None] = {}
    checked: list[Mapping[str, object]] = []
    for run in runs:
        values = {key: value for key, value in run.recipe.values.items() if key != "seed"}
        if values in checked:
            continue
        checked.append(values)
        for check in (check_build, check_data):
            try:
                check(run.recipe)
            except RecipeError as error:
                problems |= dict.fromkeys(error.problems)
    if problems:
        raise RecipeError(problems)


def run_sweep(runs: Sequence[SweepRun], folder: Path, *, continue_with: str) -> int:
    """Make all runs that are not finished, one after another, and compare what there is then.

    Args:
        runs: The runs, checked.
        folder: Where each has a folder of its own.
        continue_with: The command that goes on, shown when somebody interrupts it.

    Returns:
        The exit code: 0 when all are finished, 1 when some failed, 130 when somebody interrupted.

    Raises:
        InputError: If the folder cannot be made, or torchrun or srun started several processes.
    """
    started_by = processes_here().started_by
    if started_by is not None:
        raise InputError(
            f"{started_by} started several processes, but a sweep starts those of each run"
            " (training.devices) itself: begin it as one process"
        )
    console, results = progress_console(), Console()
    _make(folder)
    failed: dict[str, str] = {}
    for number, run in enumerate(runs, start=1):
        _say(console, f"run {number} of {len(runs)}: {run.name}")
        interrupted = False
        try:
            interrupted = not _go_on(run.recipe, folder / run.name, continue_with)
        except KeyboardInterrupt:
            interrupted = True
        except (InputError, RegistryError) as error:
            failed[run.name] = str(error)
        except Exception as error:  # whatever it is, the other runs must not suffer from it
            file = folder / f"{run.name}.failure.txt"
            write_atomically(file, traceback.format_exc())
            failed[run.name] = f"{cause(error)} (all of it in {file})"
        if interrupted:
            done = _in_words(len(_finished(runs, folder)), len(runs))
            _say(results, f"{done}; the same command goes on")
            return 130
    compare_finished(runs, folder, results)
    for name, why in failed.items():
        _say(results, f"failed: {name}: {why}")
    return 1 if failed else 0


def run_alone(recipe: Recipe, folder: Path) -> None:
    """Make one run of a sweep, in a process of its own.

    Raises:
        InputError: If it fails.
    """
    _go_on(recipe, folder, "the same sweep again")


def compare_finished(runs: Sequence[SweepRun], folder: Path, console: Console) -> None:
    """Print a comparison of all runs that are finished, and write it as ``compare.html``."""
    reports = [FinishedReport.read(place) for place in _finished(runs, folder)]
    done = _in_words(len(reports), len(runs))
    if not any(report.targets or report.measures for report in reports):
        _say(console, f"{done}; they have no evaluations")
        return
    comparison = Comparison.of(reports)
    print_comparison(comparison, console)
    page = folder / "compare.html"
    write_atomically(page, comparison_page(comparison))
    _say(console, f"{done}; compared in {page}")


def _make(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(
            f"the sweep cannot be written to {folder}: {error.strerror}; name another folder with"
            " --output"
        ) from error


def _go_on(recipe: Recipe, place: Path, continue_with: str) -> bool:
    folder = RunFolder(place)
    mode: Mode = "resume" if folder.exists else "new"
    return run_recipe(recipe, folder, mode=mode, continue_with=continue_with)


def _finished(runs: Sequence[SweepRun], folder: Path) -> list[Path]:
    places = [folder / run.name for run in runs]
    return [place for place in places if (place / "report.json").is_file()]


def _in_words(done: int, of: int) -> str:
    return f"{done} of {of} run{'s' * (of != 1)} finished"


def _say(console: Console, line: str) -> None:
    console.print(Text(line), soft_wrap=True)
