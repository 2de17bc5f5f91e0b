"""``crs data``: look at data sets, and cut faces out of them."""

import click

from crs_plugin.cli.lazy_group import LazyGroup

_HERE = "crs_plugin.cli.data"


@click.group(
    "data",
    cls=LazyGroup,
    subcommands={
        "list": (f"{_HERE}.list", "List all data sets, and which are found."),
        "inspect": (f"{_HERE}.inspect", "Show what a data set, or those of a recipe, hold."),
        "preview": (f"{_HERE}.preview", "Write a contact sheet of a data set."),
        "check": (f"{_HERE}.check", "Look for images in two splits or data sets."),
        "crop": (f"{_HERE}.crop", "Cut faces out of photos, upright, with a table."),
        "shard": (f"{_HERE}.shard", "Write a data set into WebDataset shards."),
        "augment": (f"{_HERE}.augment", "Write a picture of augmented views."),
    },
    epilog="Example: crs data inspect crs_cont_resnet18",
)
def command() -> None:
    """Look at data sets, and cut faces out of photos."""
