"""Runs of a sweep as independent jobs of a cluster, by submitit."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from crs_plugin.errors import InputError
from crs_plugin.files import write_atomically
from crs_plugin.recipe.recipe import load_recipe
from crs_plugin.registry import MissingExtraError
from crs_plugin.runs.sweeping.sweep import SweepRun
from crs_plugin.runs.sweeping.sweeping import run_alone


def submit_jobs(
    runs: Sequence[SweepRun], folder: Path, options: Mapping[str, Any], *, cluster: str = "slurm"
) -> list[Any]:
    """Give every run to the cluster as a job, and return without waiting for any.

    Each job reads its resolved recipe from ``jobs/NAME.yaml``, so that recipes may be edited
    meanwhile. A run that was stopped, by its time limit for one, is continued by its next job.

    Args:
        runs: The runs, checked, without those that are finished.
        folder: Where each has a folder of its own; the cluster's logs go to ``jobs``.
        options: Parameters of submitit's ``AutoExecutor``: ``timeout_min``, which is needed,
            ``slurm_partition``, ``gpus_per_node``, ``mem_gb`` …
        cluster: Name of submitit's executor: ``slurm``, or ``local`` and ``debug`` for trying.

    Returns:
        The jobs of submitit.

    Raises:
        MissingExtraError: If submitit is not installed.
        InputError: If an option is missing or unknown, or there is no SLURM here.
    """
    try:
        import submitit
    except ImportError as error:
        raise MissingExtraError("the launcher slurm", "slurm") from error
    if "timeout_min" not in options:
        raise InputError(
            "a job needs a time limit in minutes, for that of submitit is too short: --slurm"
            " timeout_min=240"
        )
    jobs_folder = folder / "jobs"
    jobs_folder.mkdir(parents=True, exist_ok=True)
    try:
        executor = submitit.AutoExecutor(folder=jobs_folder, cluster=cluster)
        executor.update_parameters(name="crs_sweep", **options)
    except (RuntimeError, TypeError, ValueError, NameError) as error:
        raise InputError(f"--launcher slurm: {str(error).strip()}") from error
    for run in runs:
        write_atomically(jobs_folder / f"{run.name}.yaml", run.recipe.to_yaml())
    with executor.batch():
        return [
            executor.submit(run_job, jobs_folder / f"{run.name}.yaml", folder / run.name)
            for run in runs
        ]


def run_job(recipe: Path, folder: Path) -> None:
    """Do what one job does: make a run, or continue it.

    Args:
        recipe: A resolved recipe.
        folder: The run's folder.

    Raises:
        InputError: If the run fails.
    """
    run_alone(load_recipe(recipe), folder)
