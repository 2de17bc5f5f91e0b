"""``crs recipe sweep``."""

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from crs_plugin.cli.completion import recipes
from crs_plugin.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from crs_plugin.runs.sweeping.sweep import SweepRun


@click.command(
    "sweep",
    epilog="Example: crs recipe sweep crs_cont_resnet18 --set optimizer.lr=.05,.1",
)
@click.argument("recipe", metavar="FILE_OR_NAME", shell_complete=recipes)
@click.option(
    "--set",
    "settings",
    multiple=True,
    metavar="KEY=VALUE,…",
    help="Set a value of the recipe, or several to try; can be repeated. Commas inside brackets"
    " and quotes separate nothing.",
)
@click.option(
    "--seeds", type=click.IntRange(1), default=1, show_default=True, help="Runs of each, by seed."
)
@click.option(
    "--output",
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder of the runs' folders [default: sweeps/NAME].",
)
@click.option("--dry-run", is_flag=True, help="Check and list the runs; make none.")
@click.option(
    "--launcher",
    type=click.Choice(["local", "slurm"]),
    default="local",
    show_default=True,
    help="One after another here, or each as a job of a cluster.",
)
@click.option(
    "--slurm",
    "options",
    multiple=True,
    metavar="KEY=VALUE",
    help="Of a job, as submitit has it: timeout_min=240, slurm_partition=gpu, gpus_per_node=1.",
)
def command(
    recipe: str,
    settings: tuple[str, ...],
    seeds: int,
    output: Path | None,
    dry_run: bool,
    launcher: str,
    options: tuple[str, ...],
) -> int:
    """Run every combination of values, each with several seeds, and compare them.

    All recipes are checked before the first run starts. The same command again skips what is
    finished and continues exactly what was interrupted. A run that fails does not lose the others;
    it is told at the end (exit code 1).
    """
    if options and launcher != "slurm":
        raise click.UsageError("--slurm sets what jobs need: give --launcher slurm as well")
    from crs_plugin.runs.sweeping.sweep import sweep_runs
    from crs_plugin.runs.sweeping.sweeping import FINISHED, check_sweep, run_sweep, states

    runs = sweep_runs(recipe, settings, seeds)
    folder = output or Path("sweeps") / runs[0].recipe.name
    found = states(runs, folder)
    left = [run for run in runs if found[run.name] != FINISHED]
    check_sweep(left)
    if dry_run:
        _list(runs, found, folder)
        return 0
    if launcher == "slurm" and left:
        return _submit(left, folder, options)
    given = [part for setting in settings for part in ("--set", setting)]
    again = ["crs", "recipe", "sweep", recipe, *given, "--seeds", str(seeds)]
    again += ["--output", str(folder)]
    return run_sweep(runs, folder, continue_with=shlex.join(again))


def _list(runs: "Sequence[SweepRun]", found: dict[str, str], folder: Path) -> None:
    for run in runs:
        click.echo(f"{folder / run.name}: {found[run.name]}")
        for override in run.overrides:
            click.echo(f"    --set {shlex.quote(override)}")
    click.echo(f"{len(runs)} run{'s' * (len(runs) != 1)}; nothing was run")


def _submit(left: "Sequence[SweepRun]", folder: Path, options: tuple[str, ...]) -> int:
    from crs_plugin.recipe.reading import resolved_scalar
    from crs_plugin.runs.sweeping.slurm_jobs import submit_jobs

    parameters: dict[str, Any] = {}
    for option in options:
        key, equals, value = option.partition("=")
        if not equals:
            raise InputError(f"--slurm {option}: expected KEY=VALUE, such as timeout_min=240")
        parameters[key.strip()] = resolved_scalar(value.strip())
    for run, job in zip(left, submit_jobs(left, folder, parameters), strict=True):
        click.echo(f"job {job.job_id}: {run.name}")
    click.echo(
        f"{len(left)} job{'s' * (len(left) != 1)}; logs are in {folder / 'jobs'}. Once all have"
        " ended (not before: two jobs would write one run), the same command continues what was"
        " stopped, or compares what is finished"
    )
    return 0
