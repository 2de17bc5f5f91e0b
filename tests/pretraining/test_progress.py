import io
import logging

import pytest
from rich.console import Console
from small_run import small_run, small_settings

from crs_plugin.pretraining.callbacks.progress import _duration


def shown(tmp_path, **console) -> str:
    file = io.StringIO()
    small_run(tmp_path, console=Console(file=file, width=60, **console))
    return file.getvalue()


def test_plain_lines_where_there_is_no_terminal(tmp_path):
    lines = shown(tmp_path, force_terminal=False).splitlines()
    assert len(lines) == 7  # one a row, not broken at the console's width
    assert lines[0].startswith("step 1/12 epoch 1 | loss ")
    for part in ("contrast ", "(collapsed 2.708)", "coarse accuracy", "spread", "lr", "images/s"):
        assert part in lines[-1]
    assert lines[-1].endswith("0 s left")


def test_live_display_on_a_terminal(tmp_path):
    text = shown(tmp_path, force_terminal=True)
    for part in ("pre-training", "12/12", "if collapsed", "contrast", "left"):
        assert part in text


def test_lines_go_to_the_log_without_any_console(tmp_path, caplog):
    with caplog.at_level(logging.INFO, logger="crs_plugin"):
        small_run(tmp_path, settings=small_settings(max_steps=2))
    assert [record.message[:9] for record in caplog.records] == ["step 1/2 ", "step 2/2 "]


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0 s"), (59.6, "1 min 00 s"), (125, "2 min 05 s"), (7500, "2 h 05 min")],
)
def test_durations(seconds, text):
    assert _duration(seconds) == text
