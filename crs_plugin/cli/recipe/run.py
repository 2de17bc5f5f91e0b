"""``crs recipe run``."""

import shlex
from pathlib import Path

import click

from crs_plugin.cli.completion import recipes
from crs_plugin.cli.set_option import set_option


@click.command("run", epilog="Example: crs recipe run crs_cont_resnet18 --set training.epochs=2")
@click.argument("recipe", metavar="FILE_OR_NAME", shell_complete=recipes)
@click.option(
    "--output",
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder of the run [default: runs/NAME].",
)
@set_option()
@click.option("--resume", is_flag=True, help="Continue a stopped run exactly where it stopped.")
@click.option("--overwrite", is_flag=True, help="Remove the run that is there; start anew.")
def command(
    recipe: str, output: Path | None, overrides: tuple[str, ...], resume: bool, overwrite: bool
) -> int:
    """Pre-train an encoder, evaluate it and write a report.

    FILE_OR_NAME is a recipe file or the name of a shipped recipe. Ctrl-C saves and prints the
    command that continues. To start from given weights, set backbone.weights instead.
    """
    if resume and overwrite:
        raise click.UsageError("--resume continues a run, --overwrite removes it: give one of them")
    from crs_plugin.recipe import load_recipe
    from crs_plugin.runs.run_folder import Mode, RunFolder
    from crs_plugin.runs.running import run_recipe

    loaded = load_recipe(recipe, overrides)
    folder = output or Path("runs") / loaded.name
    settings = [part for override in overrides for part in ("--set", override)]
    again = ["crs", "recipe", "run", recipe, "--output", str(folder), *settings, "--resume"]
    mode: Mode = "resume" if resume else "overwrite" if overwrite else "new"
    finished = run_recipe(loaded, RunFolder(folder), mode=mode, continue_with=shlex.join(again))
    return 0 if finished else 130
