"""``crs cache list``."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from crs_plugin.cli.json_output import json_option, print_json
from crs_plugin.cli.whole_table import print_whole

if TYPE_CHECKING:
    from crs_plugin.data.cache.entry import Entry
    from crs_plugin.data.shards.fetched import Copy


@click.command("list", epilog="Example: crs cache list")
@json_option
def command(as_json: bool) -> None:
    """List the entries of the cache, the one used last first."""
    from crs_plugin.data.cache.entry import entries
    from crs_plugin.data.cache.folder import entries_folder
    from crs_plugin.data.cache.limit import cache_limit
    from crs_plugin.data.shards.fetched import copies, fetched_folder

    found = sorted(entries(), key=lambda entry: entry.used, reverse=True)
    fetched = copies()
    if not as_json:
        _print(found, fetched)
        return
    told = {
        "folder": str(entries_folder()),
        "bytes": sum(entry.bytes for entry in found),
        "limit": cache_limit(found),
        "entries": [_row(entry) for entry in found],
        "shards": {"folder": str(fetched_folder()), "bytes": [copy.bytes for copy in fetched]},
    }
    print_json(told)


def _print(found: "Sequence[Entry]", fetched: "Sequence[Copy]") -> None:
    from rich.console import Console
    from rich.table import Column, Table
    from rich.text import Text

    from crs_plugin.data.cache.folder import entries_folder
    from crs_plugin.data.cache.limit import cache_limit, in_words
    from crs_plugin.data.shards.fetched import fetched_folder

    console = Console()
    if found:
        names = ("entry", "data set", "images", "px", "size", "used", "")
        table = Table(*(Column(name, no_wrap=name != "data set") for name in names), box=None)
        for entry in found:
            table.add_row(*map(Text, _cells(entry)))
        print_whole(table, console)
    taken = in_words(sum(entry.bytes for entry in found))
    line = f"{entries_folder()}: {taken} of at most {in_words(cache_limit(found))}"
    console.print(Text(line), soft_wrap=True)
    if fetched:
        taken = in_words(sum(copy.bytes for copy in fetched))
        number = f"{len(fetched):,} fetched shard{'s' * (len(fetched) != 1)}"
        limit = in_words(cache_limit(fetched))
        console.print(
            Text(f"{fetched_folder()}: {number}, {taken} of at most {limit}"), soft_wrap=True
        )


def _cells(entry: "Entry") -> tuple[str, ...]:
    from datetime import datetime

    from crs_plugin.data.cache.limit import in_words

    about = entry.about()
    used = datetime.fromtimestamp(entry.used).strftime("%Y-%m-%d %H:%M")
    if about is None:
        known = ("(damaged)" if entry.finished else "(not finished)", "", "")
    else:
        known = (about.data, f"{about.images:,}", str(about.size or "(looked at)"))
    return entry.key, *known, in_words(entry.bytes), used, "in use" if entry.in_use() else ""


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
