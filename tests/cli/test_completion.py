"""What the shell asks for after Tab, as click's completion does it."""

import os
import subprocess
import sys

import pytest


def offered(line: str) -> list[str]:
    words = line.split(" ")
    asked = {
        "_CRS_COMPLETE": "bash_complete",
        "COMP_WORDS": line,
        "COMP_CWORD": str(len(words) - 1),
    }
    code = "import sys; sys.argv = ['crs']; from crs_plugin.__main__ import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=os.environ | asked,
        capture_output=True,
        text=True,
        check=True,
    )
    return [each.partition(",")[2] for each in done.stdout.splitlines()]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("crs rec", {"recipe"}),
        ("crs recipe run crs_cont_ro", {"crs_cont_robust_resnet18"}),
        ("crs recipe validate supcon_c", {"supcon_coarse_resnet18"}),
        ("crs components show los", {"loss"}),
        ("crs components show loss crs_c", {"crs_cont"}),
        ("crs data inspect affe", {"affectnet"}),
        ("crs data crop affe", {"affectnet"}),
    ],
)
def test_names_are_offered(line: str, expected: set[str]) -> None:
    assert expected <= set(offered(line))


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_shell_gets_its_script(shell: str) -> None:
    code = "import sys; sys.argv = ['crs']; from crs_plugin.__main__ import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=os.environ | {"_CRS_COMPLETE": f"{shell}_source"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert "_CRS_COMPLETE" in done.stdout


def test_completion_loads_nothing_heavy() -> None:
    code = """
import sys
from crs_plugin.cli.completion import components, datasets, recipes
import click
context = click.Context(click.Command("show"))
context.params["kind"] = "loss"
print(len(recipes(context, None, "")), len(components(context, None, "")))
print(sorted({"torch", "numpy", "pydantic", "rich", "ruamel"} & set(sys.modules)))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"
