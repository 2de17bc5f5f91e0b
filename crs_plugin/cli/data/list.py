"""``crs data list``."""

import os
from pathlib import Path
from typing import Any

import click

from crs_plugin.cli.json_output import json_option, print_json
from crs_plugin.cli.whole_table import print_whole
from crs_plugin.registry import Component, PluginError, registry

_REST = ("setting", "classes", "images", "needs_files", "folder", "found")


@click.command("list", epilog="Example: crs data list")
@json_option
def command(as_json: bool) -> None:
    """List all data sets that are known, and which of them are found under $CRS_DATA.

    A data set is looked for in the folder of its name there; 'crs data inspect' shows whether the
    files are right.
    """
    above = os.environ.get("CRS_DATA")
    found, _ = registry.listing("dataset")
    rows = [_row(name, each, above) for name, each in found.items()]
    if as_json:
        print_json({"data_sets": rows})
        return
    _print(rows)
    where = f"is {above}" if above else "is not set: it names a folder of data sets"
    click.echo(f"CRS_DATA {where}; --root names any other folder")


def _row(name: str, found: Component | PluginError, above: str | None) -> dict[str, Any]:
    from crs_plugin.data.about import about

    if isinstance(found, PluginError):
        return {"name": name, "title": f"? ({found})"} | dict.fromkeys(_REST)
    told = about(found.target)
    classes = {label for label in told.labels.values() if label} if told else set()
    needs_files = "root" in found.options()
    folder = Path(os.path.expanduser(above)) / name if above and needs_files else None
    return {
        "name": name,
        "title": told.title if told else found.summary,
        "setting": told.setting if told else None,
        "classes": len(classes) or None,
        "images": told.images if told else None,
        "needs_files": needs_files,
        "folder": str(folder) if folder else None,
        "found": folder is not None and folder.is_dir(),
    }


def _print(rows: list[dict[str, Any]]) -> None:
    from rich.console import Console
    from rich.table import Column, Table
    from rich.text import Text

    table = Table(
        Column("name", no_wrap=True),
        "title",
        Column("setting", no_wrap=True),
        Column("classes", justify="right"),
        "images",
        Column("found", no_wrap=True),
        box=None,
        pad_edge=False,
        padding=(0, 2, 0, 0),
    )
    for row in rows:
        texts = [str(row[key] or "") for key in ("name", "title", "setting", "classes", "images")]
        found = (
            "yes"
            if row["found"]
            else {True: "no", False: "needs none", None: ""}[row["needs_files"]]
        )
        table.add_row(*map(Text, (*texts, found)))
    print_whole(table, Console(highlight=False))
