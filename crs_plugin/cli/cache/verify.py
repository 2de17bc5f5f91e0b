"""``crs cache verify``."""

import click


@click.command("verify", epilog="Example: crs cache verify")
@click.argument("names", metavar="[ENTRY]...", nargs=-1)
def command(names: tuple[str, ...]) -> int:
    """Read entries, all if none is named, and compare them with their checksums.

    A run itself checks small entries as a whole and 64 MiB of larger ones. An entry that is found
    damaged here is made anew by the next run that wants it.
    """
    from crs_plugin.cli.cache.chosen import chosen_entries
    from crs_plugin.data.cache.entry import DamagedError

    damaged = 0
    for entry in chosen_entries(names):
        if not entry.finished:
            continue
        try:
            entry.verify()
            click.echo(f"{entry.key}: whole")
        except DamagedError as error:
            entry.condemn()
            click.echo(f"{entry.key}: damaged ({error}): the next run makes it anew")
            damaged += 1
    return 2 if damaged else 0
