"""``crs cache verify``."""

import click

from crs_plugin.cli.json_output import json_option, print_json


@click.command("verify", epilog="Example: crs cache verify")
@click.argument("names", metavar="[ENTRY]...", nargs=-1)
@json_option
def command(names: tuple[str, ...], as_json: bool) -> int:
    """Read entries, all if none is named, and compare them with their checksums.

    A run itself checks small entries as a whole and 64 MiB of larger ones. An entry that is found
    damaged here is made anew by the next run that wants it.
    """
    from crs_plugin.cli.cache.chosen_entries import chosen_entries
    from crs_plugin.data.cache.entry import DamagedError

    problems: dict[str, str | None] = {}
    for entry in chosen_entries(names):
        if not entry.finished:
            continue
        try:
            entry.verify()
            problems[entry.key], told = None, "whole"
        except DamagedError as error:
            entry.condemn()
            problems[entry.key] = str(error)
            told = f"damaged ({error}): the next run makes it anew"
        if not as_json:
            click.echo(f"{entry.key}: {told}")
    if as_json:
        rows = [
            {"key": key, "whole": problem is None, "problem": problem}
            for key, problem in problems.items()
        ]
        print_json({"entries": rows})
    return 2 if any(problems.values()) else 0
