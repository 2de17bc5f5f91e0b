"""``crs cache clear``."""

import click

_OF_SHARDS = (".tar", ".json")


@click.command("clear", epilog="Example: crs cache clear --yes")
@click.argument("names", metavar="[ENTRY]...", nargs=-1)
@click.option("--yes", is_flag=True, help="Do not ask.")
def command(names: tuple[str, ...], yes: bool) -> None:
    """Remove entries from the cache, all if none is named; those in use stay.

    An ENTRY is the beginning of a name that 'crs cache list' shows. With all entries go the shards
    that were fetched and the indexes of shards; a run that wants them has them anew.
    """
    from crs_plugin.cli.cache.chosen_entries import chosen_entries
    from crs_plugin.data.cache.folder import entries_folder
    from crs_plugin.data.cache.limit import in_words
    from crs_plugin.data.shards.fetched import fetched_folder

    chosen = chosen_entries(names)
    shards = [] if names else [f for f in fetched_folder().glob("*") if f.suffix in _OF_SHARDS]
    if not chosen and not shards:
        click.echo(f"there is nothing in {entries_folder()}")
        return
    total = in_words(sum(entry.bytes for entry in chosen))
    what = f"{len(chosen)} entr{'y' if len(chosen) == 1 else 'ies'} ({total})"
    if shards:
        total = in_words(sum(file.stat().st_size for file in shards))
        what += f" and {len(shards)} files of shards ({total})"
    if not yes:
        click.confirm(f"Remove {what} from {entries_folder().parent}?", abort=True)
    for entry in chosen:
        if entry.in_use():
            click.echo(f"{entry.key} is in use and stays")
        else:
            entry.remove()
            click.echo(f"removed {entry.key}")
    for file in shards:
        file.unlink(missing_ok=True)
    if shards:
        click.echo(f"removed {len(shards)} files of shards")
