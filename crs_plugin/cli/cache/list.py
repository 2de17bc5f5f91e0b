"""``crs cache list``."""

import click


@click.command("list", epilog="Example: crs cache list")
def command() -> None:
    """List the entries of the cache, the one used last first."""
    from datetime import datetime

    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from crs_plugin.data.cache.entry import Entry, entries
    from crs_plugin.data.cache.folder import entries_folder
    from crs_plugin.data.cache.limit import cache_limit, in_words
    from crs_plugin.data.shards.fetched import copies, fetched_folder

    def cells(entry: Entry) -> tuple[str, ...]:
        about = entry.about()
        used = datetime.fromtimestamp(entry.used).strftime("%Y-%m-%d %H:%M")
        if about is None:
            known = ("(damaged)" if entry.finished else "(not finished)", "", "")
        else:
            known = (about.data, f"{about.images:,}", str(about.size or "(looked at)"))
        state = "in use" if entry.in_use() else ""
        return entry.key, *known, in_words(entry.bytes), used, state

    found = sorted(entries(), key=lambda entry: entry.used, reverse=True)
    console = Console()
    if found:
        table = Table("entry", "data set", "images", "px", "size", "used", "", box=None)
        for entry in found:
            table.add_row(*map(Text, cells(entry)))
        console.print(table)
    taken, limit = sum(entry.bytes for entry in found), cache_limit(found)
    line = f"{entries_folder()}: {in_words(taken)} of at most {in_words(limit)}"
    console.print(Text(line), soft_wrap=True)
    fetched = copies()
    if fetched:
        taken, limit = sum(copy.bytes for copy in fetched), cache_limit(fetched)
        number = f"{len(fetched):,} fetched shard{'s' * (len(fetched) != 1)}"
        line = f"{fetched_folder()}: {number}, {in_words(taken)} of at most {in_words(limit)}"
        console.print(Text(line), soft_wrap=True)
