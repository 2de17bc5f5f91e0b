"""``crs components list``."""

from collections.abc import Sequence
from typing import Any

import click

from crs_plugin.cli.json_output import json_option, print_json
from crs_plugin.registry import KINDS, Component, PluginError, registry


@click.command("list", epilog="Example: crs components list --kind loss")
@click.option("--kind", type=click.Choice(KINDS), help="Only this kind.")
@json_option
def command(kind: str | None, as_json: bool) -> None:
    """List all components by kind, with one line each and where it comes from.

    Parts of other toolkits (lightly/…, pml/…, kornia/…, timm/…, torchvision's models) are listed
    by name only, those with more than forty names in short.
    """
    if as_json:
        _print_json([kind] if kind else KINDS)
        return
    from rich.console import Console
    from rich.table import Column, Table
    from rich.text import Text

    console = Console()
    for each in [kind] if kind else KINDS:
        own, families = registry.listing(each)
        columns = (Column(title, overflow="fold") for title in ("name", "from", "what it is"))
        table = Table(*columns, box=None, pad_edge=False, padding=(0, 2))
        for name, found in own.items():
            origin, summary = _described(found)
            table.add_row(*map(Text, (name, origin, summary.replace("``", ""))))
        console.print(f"[bold]{each}[/bold]")
        console.print(table)
        for (prefix, origin), names in families.items():
            shown = names if kind or len(names) <= 40 else [*names[:40], f"… ({len(names)} in all)"]
            line = f"{prefix or 'any'} ({origin}): {', '.join(shown)}"
            console.print(line, highlight=False, markup=False)
        console.print()


def _print_json(kinds: Sequence[str]) -> None:
    components: dict[str, Any] = {}
    families: dict[str, Any] = {}
    for kind in kinds:
        own, found = registry.listing(kind)
        components[kind] = [
            dict(zip(("name", "origin", "summary"), (name, *_described(each)), strict=True))
            for name, each in own.items()
        ]
        families[kind] = [
            {"prefix": prefix, "origin": origin, "names": list(names)}
            for (prefix, origin), names in found.items()
        ]
    print_json({"components": components, "families": families})


def _described(found: Component | PluginError) -> tuple[str, str]:
    if isinstance(found, PluginError):
        return "?", str(found)
    return found.origin, found.summary
