"""``crs evaluate``."""

from pathlib import Path

import click

from crs_plugin.cli.completion import recipes
from crs_plugin.cli.set_option import set_option
from crs_plugin.errors import InputError


@click.command(
    "evaluate", epilog="Example: crs evaluate runs/crs_cont_resnet18 --data ferplus --root faces"
)
@click.argument("encoder")
@click.option(
    "--recipe",
    metavar="FILE_OR_NAME",
    help="Whose data and evaluations are used.",
    shell_complete=recipes,
)
@click.option("--data", metavar="NAME", help="One data set instead, in the usual way.")
@click.option("--root", metavar="DIR", help="Folder of the data set NAME.")
@set_option("a value of the recipe, or an option of the data set")
@click.option(
    "--output",
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder of the report [default: evaluations/ENCODER_on_NAME].",
)
@click.option("--overwrite", is_flag=True, help="Remove the evaluation that is there.")
def command(
    encoder: str,
    recipe: str | None,
    data: str | None,
    root: str | None,
    overrides: tuple[str, ...],
    output: Path | None,
    overwrite: bool,
) -> int:
    """Evaluate any encoder after the fact and write a report like that of a run.

    ENCODER is an encoder's file or the folder of a run; or features as .npy, one row for each image
    of the data in its order (or with the paths in NAME.paths.csv beside it, as crs embed writes
    them). With --data it is a linear probe on the set's own test split, or a cross-validation by
    person where persons are known and there is no such split.

    Where the encoder lies in the folder of its run, what it was pre-trained on is compared with
    what is tested, and leaks are told; with on_leak: error in the recipe they are refused.
    """
    if (recipe is None) == (data is None):
        raise click.UsageError("give --recipe FILE_OR_NAME or --data NAME, one of them")
    if root is not None and data is None:
        raise InputError(
            f"--root {root} is the folder of a data set, and {recipe} is a recipe: change its"
            f" folders with --set, as in --set data.root={root}"
        )
    from crs_plugin.recipe import load_recipe
    from crs_plugin.runs.evaluating.evaluated_encoder import short_name
    from crs_plugin.runs.evaluating.evaluating import evaluate_encoder
    from crs_plugin.runs.evaluating.evaluation_plan import EvaluationPlan

    if data is not None:
        plan = EvaluationPlan.of_data(data, root, overrides)
    else:
        plan = EvaluationPlan.of_recipe(load_recipe(str(recipe), overrides))
    folder = output or Path("evaluations") / f"{short_name(encoder)}_on_{plan.name}"
    return 0 if evaluate_encoder(encoder, plan, folder, overwrite=overwrite) else 130
