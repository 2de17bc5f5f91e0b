"""``crs recipe``: one file a subcommand."""

import click

from crs_plugin.cli.lazy_group import LazyGroup

_HERE = "crs_plugin.cli.recipe"


@click.group(
    "recipe",
    cls=LazyGroup,
    subcommands={
        "run": (f"{_HERE}.run", "Pre-train, evaluate and write a report."),
        "sweep": (f"{_HERE}.sweep", "Run every combination of values, with several seeds."),
        "list": (f"{_HERE}.list", "List the recipes that come with the package."),
        "show": (f"{_HERE}.show", "Print a recipe as it will run, with where each value is from."),
        "copy": (f"{_HERE}.copy", "Copy a shipped recipe to a file of your own."),
        "validate": (f"{_HERE}.validate", "Check recipes; all problems at once."),
        "schema": (f"{_HERE}.schema", "Print the JSON schema, for editors."),
    },
    epilog="Example: crs recipe run crs_cont_resnet18",
)
def command() -> None:
    """Run, check, list and copy recipes."""
