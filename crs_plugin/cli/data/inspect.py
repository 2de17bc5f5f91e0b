"""``crs data inspect``."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from crs_plugin.cli.data.chosen_data import chosen_data, data_argument, root_option, set_option
from crs_plugin.cli.data.picture_file import check_picture_file

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

    from crs_plugin.data.bad_images import BadImage
    from crs_plugin.data.inspection import Inspection
    from crs_plugin.recipe import Recipe, Spec
    from crs_plugin.runs.opened_data import OpenedData

_WHERE = {"wild": "in the wild", "lab": "in the lab"}
"""Setting of a set that was published → that in words."""


@click.command("inspect", epilog="Example: crs data inspect crs_cont_resnet18")
@data_argument
@root_option
@set_option
@click.option(
    "--images", is_flag=True, help="Also read every image; those that cannot be are left out."
)
@click.option(
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Also a picture of the counts, .svg, .png or .jpg.",
)
@click.option("--json", "as_json", is_flag=True, help="Counts, subjects and what is left out.")
def command(
    data: str,
    root: str | None,
    overrides: tuple[str, ...],
    images: bool,
    output: Path | None,
    as_json: bool,
) -> None:
    """Show what a data set, or every data set that a recipe opens, holds.

    NAME_OR_RECIPE is a data set of 'crs data list', looked for in --root or else in its folder
    under $CRS_DATA; or a recipe file, or the name of a shipped recipe. Shown are the images of each
    split and expression, which label of the files is which expression, what is left out and why,
    how many persons there are, and how large the images are.
    """
    if output is not None:
        check_picture_file(output, vector=True)
    from rich.console import Console

    from crs_plugin.data.inspection import inspected

    chosen = chosen_data(data, root, overrides)
    console = Console(highlight=False)
    opened = _opened(chosen)
    bad = _unreadable(opened) if images else {}
    found = {each.name: inspected(each.dataset, bad.get(each.name)) for each in opened}
    if as_json:
        told = {name: inspection.as_json() for name, inspection in found.items()}
        shown = told if _is_recipe(chosen) else told[opened[0].name]
        click.echo(json.dumps(shown, indent=2, ensure_ascii=False))
    else:
        for each in opened:
            _print(each, found[each.name], bad.get(each.name), console)
    if output is not None:
        from crs_plugin.evaluation.figures.counts import counts_picture
        from crs_plugin.files import atomic_path

        with atomic_path(output) as temporary:
            counts_picture(temporary, {name: i.counts for name, i in found.items()})
        click.echo(f"wrote {output}", err=as_json)


def _is_recipe(chosen: "Spec | Recipe") -> bool:
    from crs_plugin.recipe import Recipe

    return isinstance(chosen, Recipe)


def _opened(chosen: "Spec | Recipe") -> "tuple[OpenedData, ...]":
    from crs_plugin.recipe import Recipe
    from crs_plugin.runs.opened_data import OpenedData, opened_data

    if isinstance(chosen, Recipe):
        return opened_data(chosen)
    dataset = chosen.build()
    return (OpenedData(dataset.name, (), chosen, dataset),)


def _unreadable(opened: "tuple[OpenedData, ...]") -> "dict[str, dict[int, BadImage]]":
    from rich.text import Text

    from crs_plugin.data.decoded_images import ImageReader
    from crs_plugin.progress import StageProgress
    from crs_plugin.verbosity import progress_console

    console = progress_console(stderr=True)
    progress = StageProgress(console)
    reader = ImageReader(progress, lambda line: console.print(Text(line), soft_wrap=True))
    with progress.stage():
        return {each.name: reader.unreadable(each.dataset)[0] for each in opened}


def _print(
    each: "OpenedData",
    found: "Inspection",
    bad: "dict[int, BadImage] | None",
    console: "Console",
) -> None:
    from rich.text import Text

    from crs_plugin.data.about import about
    from crs_plugin.data.image_sizes import image_sizes
    from crs_plugin.data.inspection import labels_by_expression
    from crs_plugin.data.layouts.records import MISSING

    told = about(each.spec.component.target)
    labels = labels_by_expression((told.labels if told else {}) or each.dataset.labels)
    used = f" [{', '.join(each.uses)}]" if each.uses else ""
    console.print(Text(f"{each.name}{used}: {len(each.dataset):,} images", "bold"), soft_wrap=True)
    if told and told.setting in _WHERE:
        published = f"{told.title}, {_WHERE[told.setting]}, as published: {told.images}"
        console.print(Text(published), soft_wrap=True)
    console.print(_table(found, labels))
    lines = []
    if None in labels:
        lines.append(f"labels that are no expression: {', '.join(labels[None])}")
    for reason, count in found.skipped.items():
        named = _told_missing(found.missing, count) if reason == MISSING else ""
        lines.append(f"left out: {count:,} ({reason}){named}")
    lines.append(f"persons: {_persons(found)}")
    lines.append(f"images: {image_sizes(each.dataset)}")
    if bad is not None:
        lines.append(_told_bad(bad, len(each.dataset)))
    console.print(Text("\n".join(lines) + "\n"), soft_wrap=True)


def _table(found: "Inspection", labels: dict[str | None, list[str]]) -> "Table":
    from rich.table import Column, Table
    from rich.text import Text

    from crs_plugin.expressions import ALL_EXPRESSIONS

    splits = found.counts
    occurring = dict.fromkeys(name for row in splits.values() for name in row)
    other = [name for name in occurring if name not in ALL_EXPRESSIONS]
    names = [name for name in ALL_EXPRESSIONS if name in occurring or name in labels]
    sums = [*splits.values()]
    table = Table(
        "expression",
        *(["in the files as"] if labels else []),
        *(Column(split, justify="right") for split in splits),
        *([Column("sum", justify="right")] if len(splits) > 1 else []),
        box=None,
        pad_edge=False,
        padding=(0, 2, 0, 0),
    )

    def add(name: str, files: str, counts: list[int], style: str = "") -> None:
        numbers = [*counts, sum(counts)] if len(splits) > 1 else counts
        cells = [name, *([files] if labels else []), *(f"{n:,}" for n in numbers)]
        table.add_row(*map(Text, cells), style=style)

    for name in [*names, *other]:
        add(name, ", ".join(labels.get(name, ())), [row.get(name, 0) for row in sums])
    add("sum", "", [sum(row.values()) for row in sums], "bold")
    return table


def _persons(found: "Inspection") -> str:
    if found.subjects is None:
        return "not known"
    images = sum(sum(row.values()) for row in found.counts.values())
    unknown = f"; not known in {found.nameless:,} of {images:,} images" if found.nameless else ""
    return f"{found.subjects:,}{unknown}"


def _told_missing(first: tuple[str, ...], count: int) -> str:
    if not first:  # a plugin's set need not name them
        return ""
    more = f"\n  … and {count - len(first):,} more" if count > len(first) else ""
    return ":" + "".join(f"\n  {path}" for path in first) + more


def _told_bad(bad: "dict[int, BadImage]", of: int) -> str:
    from crs_plugin.data.bad_images import listed

    if not bad:
        return f"unreadable: none of {of:,}"
    return f"unreadable: {len(bad):,} of {of:,}:{listed(bad.values())}"
