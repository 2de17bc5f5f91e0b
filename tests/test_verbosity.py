import pytest
from rich.console import Console

from crs_plugin import verbosity
from crs_plugin.verbosity import Verbosity, can_be_redrawn, progress_console


@pytest.mark.parametrize("chosen", Verbosity)
def test_progress_goes_nowhere_if_quiet_was_chosen(chosen, capsys):
    before = verbosity.chosen.set(chosen)
    try:
        progress_console().print("half of it is done")
        progress_console(stderr=True).print("all of it is done")
    finally:
        verbosity.chosen.reset(before)
    out, err = capsys.readouterr()
    assert (out, err) == (
        ("", "") if chosen is Verbosity.QUIET else ("half of it is done\n", "all of it is done\n")
    )


@pytest.mark.parametrize(
    ("kind", "widgets", "expected"),
    [
        ({"force_terminal": True, "force_jupyter": False}, None, True),
        ({"force_terminal": False, "force_jupyter": False}, object(), False),
        ({"force_jupyter": True}, object(), True),
        ({"force_jupyter": True}, None, False),
    ],
)
def test_bars_move_on_terminals_and_in_notebooks_that_can(kind, widgets, expected, monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: widgets)
    assert can_be_redrawn(Console(**kind)) is expected
