"""``crs cache list``."""

from typing import TYPE_CHECKING, Any

import click

from crs_plugin.cli.json_output import json_option, print_json

if TYPE_CHECKING:
    from crs_plugin.data.cache.entry import Entry


@click.command("list", epilog="Example: crs cache list")
@json_option
def command(as_json: bool) -> None:
    """List the entries of the cache, the one used last first."""
    from datetime import datetime

    from rich.console import Console
    from rich.table import Column, Table
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
    taken, limit = sum(entry.bytes for entry in found), cache_limit(found)
    fetched = copies()
    if as_json:
        told = {
            "folder": str(entries_folder()),
            "bytes": taken,
            "limit": limit,
            "entries": [_row(entry) for entry in found],
            "shards": {"folder": str(fetched_folder()), "bytes": [copy.bytes for copy in fetched]},
        }
        print_json(told)
        return
    console = Console()
    if found:
        names = ("entry", "data set", "images", "px", "size", "used", "")
        table = Table(*(Column(name, overflow="fold") for name in names), box=None)
        for entry in found:
            table.add_row(*map(Text, cells(entry)))
        console.print(table)
    line = f"{entries_folder()}: {in_words(taken)} of at most {in_words(limit)}"
    console.print(Text(line), soft_wrap=True)
    if fetched:
        taken, limit = sum(copy.bytes for copy in fetched), cache_limit(fetched)
        number = f"{len(fetched):,} fetched shard{'s' * (len(fetched) != 1)}"
        line = f"{fetched_folder()}: {number}, {in_words(taken)} of at most {in_words(limit)}"
        console.print(Text(line), soft_wrap=True)


def _row(entry: "Entry") -> dict[str, Any]:
    about = entry.about()
    return {
        "key": entry.key,
        "data": about.data if about else None,
        "images": about.images if about else None,
        "size": (about.size or None) if about else None,
        "bytes": entry.bytes,
        "used": entry.used,
        "finished": entry.finished and about is not None,
        "in_use": entry.in_use(),
    }
