"""``crs doctor``."""

from typing import TYPE_CHECKING

import click

from crs_plugin.cli.json_output import json_option, print_json

if TYPE_CHECKING:
    from crs_plugin.runs.diagnosis import Diagnosis, Speed


@click.command("doctor", epilog="Example: crs doctor")
@click.option(
    "--seconds",
    type=click.FloatRange(0, min_open=True),
    default=10.0,
    show_default=True,
    help="How long the speed is measured.",
)
@json_option
def command(seconds: float, as_json: bool) -> None:
    """Say what this machine has, how fast it trains, and what would make it faster.

    Measures the network of the default recipe on made-up images, with as many threads as a run
    would take; other programs that keep the machine busy make it slower, as they would a run.
    """
    from dataclasses import asdict

    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from crs_plugin.runs.diagnosis import advice, diagnosis, measure_speed

    found = diagnosis()
    precisions = ["32-true", *(["bf16-mixed"] if found.fast_bf16 or found.gpus else [])]
    if as_json:
        speeds = measure_speed(seconds, precisions)
        told = {
            **asdict(found),
            "speed": [asdict(speed) for speed in speeds],
            "advice": advice(found, speeds),
        }
        print_json(told)
        return
    console = Console(highlight=False)
    table = Table(show_header=False, box=None, padding=(0, 2, 0, 0))
    for name, value in _lines(found):
        table.add_row(Text(name), Text(value))
    console.print(table)
    console.print(f"measuring for {seconds:g} s …")
    speeds = measure_speed(seconds, precisions)
    for speed in speeds:
        console.print(_in_words(speed), soft_wrap=True)
    for sentence in advice(found, speeds) or ["Nothing to advise."]:
        console.print(Text(f"→ {sentence}"), soft_wrap=True)


def _lines(found: "Diagnosis") -> list[tuple[str, str]]:
    from crs_plugin.data.cache.limit import in_words

    libraries = found.environment["libraries"]
    here = [f"{name} ({folder})" for name, folder in found.data.items() if folder]
    complete = [extra for extra, lacking in found.extras.items() if not lacking]
    lacking = [extra for extra in found.extras if extra not in complete]
    return [
        ("python", f"{found.environment['python']}, {found.environment['platform']}"),
        *((name, version or "not installed") for name, version in libraries.items()),
        ("GPU", ", ".join(found.gpus) or "none"),
        ("CPU", f"{found.cpu}{', bfloat16' * found.fast_bf16}; {found.cores} cores"),
        ("threads", str(found.threads)),
        ("C++ compiler", found.compiler or "none"),
        ("cache", f"{found.cache}, at most {in_words(found.cache_bytes)}"),
        ("data found", ", ".join(here) or "none below CRS_DATA"),
        ("extras", ", ".join(complete) or "none"),
        ("not installed", ", ".join(f"crs_plugin[{extra}]" for extra in lacking) or "none"),
    ]


def _in_words(speed: "Speed") -> str:
    return (
        f"{speed.precision}: {speed.images_per_second:,.0f} images a second; the default recipe"
        f" pre-trains in about {speed.minutes:.1f} min, before its evaluations"
    )
