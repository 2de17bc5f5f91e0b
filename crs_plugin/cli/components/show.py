"""``crs components show``."""

import inspect
from typing import Any, get_args, get_origin

import click

from crs_plugin.registry import KINDS, Component, Option, registry


@click.command("show", epilog="Example: crs components show loss crs_cont")
@click.argument("kind", type=click.Choice(KINDS))
@click.argument("name")
def command(kind: str, name: str) -> None:
    """Print a component's options, types, defaults, docstring and a recipe snippet."""
    from rich.console import Console
    from rich.table import Table

    component = registry.get(kind, name)
    console = Console(highlight=False)
    console.print(f"[bold]{kind} {name}[/bold], from {component.origin}, {component.place}\n")
    console.print(component.docstring or "(no docstring)", markup=False)
    options = component.options().values()
    if options:
        table = Table("option", "type", "default", box=None, pad_edge=False, padding=(0, 2))
        for option in options:
            table.add_row(option.name, _type_name(option), _default(option))
        console.print("\nOptions", style="bold")
        console.print(table, markup=False)
    console.print("\nIn a recipe", style="bold")
    console.print(_snippet(component), markup=False)


def _type_name(option: Option) -> str:
    if option.part is not None:
        return f"{'list of ' if option.part.many else ''}{option.part.kind}"
    return _plain(option.annotation)


def _plain(annotation: Any) -> str:
    if annotation is Any or annotation is inspect.Parameter.empty:
        return "any"
    metadata = getattr(annotation, "__metadata__", None)
    if metadata is not None:
        bounds = ", ".join(str(mark) for mark in metadata)
        return f"{_plain(get_args(annotation)[0])} ({bounds})"
    if get_origin(annotation) is None and inspect.isclass(annotation):
        return annotation.__name__
    return str(annotation).replace("typing.", "").replace("collections.abc.", "")


def _default(option: Option) -> str:
    return "(must be given)" if option.required else repr(option.default)


def _snippet(component: Component) -> str:
    parts = [f"name: {component.name}"]
    for option in component.options().values():
        if option.required:
            parts.append(f"{option.name}: …")
        elif isinstance(option.default, bool | int | float | str):
            shown = str(option.default)
            parts.append(f"{option.name}: {shown.lower() if shown in ('True', 'False') else shown}")
    return f"{_SECTION[component.kind].format('{' + ', '.join(parts) + '}')}"


_SECTION = {
    "dataset": "data: {}",
    "augmentation": "augmentation: {}",
    "backbone": "backbone: {}",
    "head": "heads:\n  projection: {}",
    "miner": "miner: {}",
    "loss": "objective:\n  - {}",
    "class_weights": "objective:\n  - {{name: crs_cont, class_weights: {}}}",
    "reducer": "objective:\n  - {{name: pml/SupConLoss, reducer: {}}}",
    "sampler": "sampler: {}",
    "optimizer": "optimizer: {}",
    "schedule": "schedule: {}",
    "evaluation": "evaluation:\n  - {}",
    "logger": "loggers:\n  - {}",
}
