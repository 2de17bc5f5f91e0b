"""``--quiet`` and ``--verbose``, which every command has."""

from typing import Any

import click

from crs_plugin import verbosity
from crs_plugin.verbosity import Verbosity


def with_verbosity(command: click.Command) -> click.Command:
    """Return a command with these options, added once."""
    if not any(parameter.name == _QUIET.name for parameter in command.params):
        command.params += [_QUIET, _VERBOSE]
    return command


def _choose(context: click.Context, option: click.Parameter, given: bool) -> Any:
    if given:
        verbosity.chosen.set(Verbosity.QUIET if option.name == "quiet" else Verbosity.VERBOSE)
    return given


_QUIET = click.Option(
    ["-q", "--quiet"], is_flag=True, expose_value=False, callback=_choose, help="No progress."
)
_VERBOSE = click.Option(
    ["-v", "--verbose"],
    is_flag=True,
    expose_value=False,
    callback=_choose,
    help="Also what the toolkits say, and the traceback of an error.",
)
