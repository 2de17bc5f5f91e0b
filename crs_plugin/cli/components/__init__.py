"""``crs components``: what recipes are assembled from."""

import click

from crs_plugin.cli.lazy_group import LazyGroup


@click.group(
    "components",
    cls=LazyGroup,
    invoke_without_command=True,
    subcommands={
        "list": ("crs_plugin.cli.components.list", "List all components by kind (the default)."),
        "show": ("crs_plugin.cli.components.show", "Options, defaults and a snippet of one."),
    },
    epilog="Example: crs components show loss crs_cont",
)
@click.pass_context
def command(context: click.Context) -> None:
    """List the components that recipes are assembled from."""
    if context.invoked_subcommand is None:
        from crs_plugin.cli.components.list import command as listing

        context.invoke(listing)
