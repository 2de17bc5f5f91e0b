"""``crs data check``."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from crs_plugin.cli.data.chosen_data import chosen_data, data_argument, root_option, set_option
from crs_plugin.cli.json_output import json_option, print_json
from crs_plugin.errors import InputError
from crs_plugin.output_place import check_output_file

if TYPE_CHECKING:
    from crs_plugin.data.leakage.overlap import Overlap
    from crs_plugin.recipe import Recipe, Spec
    from crs_plugin.runs.data_check import CheckedData


@click.command("check", epilog="Example: crs data check crs_cont_resnet18")
@data_argument
@root_option
@set_option
@click.option(
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    help="A CSV of all pairs; a picture of some is written beside it, as .png.",
)
@json_option
def command(
    data: str, root: str | None, overrides: tuple[str, ...], output: Path | None, as_json: bool
) -> int:
    """Look for images and persons on both sides of a line that keeps them apart.

    Of a data set, its splits are compared; of a recipe, what it pre-trains on and what each
    evaluation tests, and the splits of its data sets. Found are images with the same pixels (exact)
    and those with another brightness or contrast, compressed, smaller, mirrored or cropped by up to
    a twentieth of a side (near), and persons, where they are known. Images that cannot be read are
    named and left out; those of a recipe only if it says on_bad_image: skip.

    Exit codes: 0 nothing leaks; 1 something does; 2 bad input.
    """
    if output is not None:
        _check_output(output)
    from rich.console import Console
    from rich.text import Text

    from crs_plugin.data.bad_images import listed
    from crs_plugin.recipe import Recipe
    from crs_plugin.runs.leaks import in_words, leak_table

    chosen = chosen_data(data, root, overrides)
    checked = _checked(chosen)
    found, unreadable = checked.leaks, checked.unreadable
    overlaps = [*(each.overlap for each in found.tested), *found.splits]
    leaking = [overlap for overlap in overlaps if overlap.is_leak]
    leaks = found.told(chosen.on_leak if isinstance(chosen, Recipe) else "warn")
    if as_json:
        print_json({**leaks.to_json(), "unreadable": [vars(image) for image in unreadable]})
    else:
        console = Console(highlight=False)
        if overlaps:
            console.print(leak_table(overlaps))
        lines = [in_words(overlap) for overlap in leaking] or ["nothing leaks"]
        if not overlaps:
            lines = ["there is nothing to compare: no two splits, and no evaluation"]
        for name in leaks.not_checked:
            lines.append(f"not checked, as it does not say what it tests: {name}")
        if unreadable:
            lines.append(f"images left out: {len(unreadable):,}{listed(unreadable)}")
        console.print(Text("\n".join(lines)), soft_wrap=True)
    if output is not None:
        _write(output, leaking, quiet=as_json)
    return 1 if leaking else 0


def _check_output(file: Path) -> None:
    if file.suffix.lower() != ".csv":
        raise InputError(f"{file}: the list of pairs ends with .csv")
    check_output_file(file, "the list of pairs")


def _checked(chosen: "Spec | Recipe") -> "CheckedData":
    from rich.text import Text

    from crs_plugin.data.decoded_images import ImageReader
    from crs_plugin.progress import StageProgress
    from crs_plugin.recipe import Recipe
    from crs_plugin.runs.data_check import leaks_of_dataset, leaks_of_recipe
    from crs_plugin.verbosity import progress_console

    console = progress_console(stderr=True)
    progress = StageProgress(console)
    reader = ImageReader(progress, lambda line: console.print(Text(line), soft_wrap=True))
    with progress.stage():
        if isinstance(chosen, Recipe):
            return leaks_of_recipe(chosen, reader)
        return leaks_of_dataset(chosen.build(), reader)


def _write(file: Path, leaking: "list[Overlap]", *, quiet: bool) -> None:
    from crs_plugin.data.leakage.pair_list import as_csv
    from crs_plugin.data.leakage.pair_sheet import pair_sheet
    from crs_plugin.files import atomic_path, write_atomically

    write_atomically(file, as_csv(leaking))
    click.echo(f"wrote {file}", err=quiet)
    if any(len(found.copies) for found in leaking):
        picture = file.with_suffix(".png")
        with atomic_path(picture) as temporary:
            pair_sheet(leaking).save(temporary)
        click.echo(f"wrote {picture}", err=quiet)
