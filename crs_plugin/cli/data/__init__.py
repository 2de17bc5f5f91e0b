"""``crs data``: look at data sets."""

import click

from crs_plugin.cli.lazy_group import LazyGroup


@click.group(
    "data",
    cls=LazyGroup,
    subcommands={
        "preview": ("crs_plugin.cli.data.preview", "Write a contact sheet of a data set."),
        "augment": ("crs_plugin.cli.data.augment", "Write a picture of augmented views."),
    },
    epilog="Example: crs data preview crs_cont_resnet18 --output faces.png",
)
def command() -> None:
    """Look at data sets."""
