"""A click group that imports a subcommand only when it is called, so that help answers at once."""

from collections.abc import Mapping
from importlib import import_module
from typing import Any

import click

from crs_plugin.cli.verbosity_options import with_verbosity


class LazyGroup(click.Group):
    """A group whose subcommands are named by module.

    Args:
        subcommands: Name → (module that holds the command as ``command``, one line of help).
        *args: Passed on to ``click.Group``.
        **kwargs: Passed on to ``click.Group``.
    """

    def __init__(
        self, *args: Any, subcommands: Mapping[str, tuple[str, str]], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.subcommands = subcommands

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names in the order in which they were given."""
        return list(self.subcommands)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import and return a subcommand, or None if there is none of that name."""
        if cmd_name not in self.subcommands:
            return None
        module, _ = self.subcommands[cmd_name]
        command = import_module(module).command
        assert isinstance(command, click.Command)
        return command if isinstance(command, click.Group) else with_verbosity(command)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the subcommand that is called; one that there is not gets the nearest suggested."""
        if args[0][:1] != "-" and args[0] not in self.subcommands and not ctx.resilient_parsing:
            from crs_plugin.did_you_mean import did_you_mean_clause

            hint = did_you_mean_clause(args[0], self.subcommands, ".")
            ctx.fail(f"No such command {args[0]!r}{hint}")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list of subcommands without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, line) for name, (_, line) in self.subcommands.items()])
