"""``--quiet``, ``--verbose``, NO_COLOR and narrow terminals."""

import os
import subprocess
import sys

import pytest

RUN = (
    *("recipe", "run", "crs_cont_resnet18", "--set", "evaluation=[]", "--set", "references=[]"),
    *("--set", "data={name: synthetic_faces, domain: lab, size: 16, train: 40, test: 0}"),
    *("--set", "augmentation.size=16", "--set", "training.batch_size=16"),
    *("--set", "training.max_steps=2", "--set", "training.log_every=1"),
)


def test_a_quiet_run_prints_its_result_alone(call, capsys, tmp_path):
    assert call(*RUN, "--quiet", "--output", "run") == 0
    out, err = capsys.readouterr()
    assert "".join(out.split()) == "report:run/report.html"
    assert err == ""
    assert "step 2/2" in (tmp_path / "run" / "train.log").read_text()


def test_a_verbose_command_shows_where_an_error_came_from(call, capsys):
    assert call("recipe", "show", "none.yaml") == 2
    assert "Traceback" not in capsys.readouterr().err
    assert call("recipe", "show", "none.yaml", "--verbose") == 2
    err = capsys.readouterr().err
    assert "Traceback" in err
    assert err.strip().splitlines()[-1].startswith("Error: ")
    assert call("recipe", "show", "none.yaml") == 2
    assert "Traceback" not in capsys.readouterr().err


@pytest.mark.parametrize("columns", ["40", "80", "300"])
@pytest.mark.parametrize(
    "command",
    [
        ("recipe", "list"),
        ("recipe", "show", "simclr_resnet18"),
        ("components", "list", "--kind", "miner"),
        ("data", "list"),
        ("cache", "list"),
    ],
    ids=" ".join,
)
def test_narrow_terminals_lose_nothing(call, capsys, monkeypatch, command, columns):
    monkeypatch.setenv("COLUMNS", columns)
    assert call(*command) == 0
    printed = capsys.readouterr().out
    assert printed.strip()
    assert "…" not in printed


def test_without_a_terminal_or_with_no_color_there_are_no_control_codes():
    command = [sys.executable, "-m", "crs_plugin", "components", "show", "loss", "crs_cont"]
    for changes in ({}, {"NO_COLOR": "1", "FORCE_COLOR": "1", "TERM": "xterm-256color"}):
        done = subprocess.run(
            command, capture_output=True, text=True, env=os.environ | changes, check=True
        )
        colours = [part for part in done.stdout.split("\x1b[")[1:] if part[0] in "349"]
        assert not colours, changes
        if not changes:
            assert "\x1b" not in done.stdout
