"""``crs compare``."""

from pathlib import Path

import click

from crs_plugin.cli.json_output import json_option, print_json
from crs_plugin.errors import InputError
from crs_plugin.output_place import check_output_file

_FOLDER = click.Path(file_okay=False, path_type=Path)


@click.command("compare", epilog="Example: crs compare runs/crs_cont_resnet18 runs/simclr_resnet18")
@click.argument("runs", nargs=-1, required=True, metavar="RUN...", type=_FOLDER)
@click.option("--against", type=_FOLDER, help="What others are compared with [default: the first].")
@click.option(
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write a page as well, such as compare.html.",
)
@json_option
def command(
    runs: tuple[Path, ...], against: Path | None, output: Path | None, as_json: bool
) -> None:
    """Set finished runs and evaluations side by side, and say in words how they differ.

    Runs that differ only in their seed are one experiment. Differences come with paired intervals,
    which need the same test images on both sides.
    """
    if output is not None and output.suffix.lower() not in (".html", ".htm"):
        raise InputError(f"{output}: the page is HTML; name a file that ends in .html")
    if output is not None:
        check_output_file(output, "the page")
    from crs_plugin.evaluation.comparison import Comparison, FinishedReport

    folders = {path.resolve(): path for path in (*runs, *([against] if against else []))}
    reports = {place: FinishedReport.read(path) for place, path in folders.items()}
    base = reports[against.resolve()] if against else None
    comparison = Comparison.of(list(reports.values()), base)
    if as_json:
        print_json(comparison.to_json())
    else:
        from rich.console import Console

        from crs_plugin.evaluation.comparison.printing import print_comparison

        print_comparison(comparison, Console())
    if output is not None:
        from crs_plugin.evaluation.comparison.page import comparison_page
        from crs_plugin.files import write_atomically

        write_atomically(output, comparison_page(comparison))
        click.echo(f"wrote {output}", err=as_json)
