"""Ctrl-C, also while libraries are being imported."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from crs_plugin.cli.interrupting import interrupt

LIBRARY = """
import os, signal
for _ in range(2):  # as impatient people do
    os.kill(os.getpid(), signal.SIGINT)
"""
COMMAND = """
import signal, sys, time
from crs_plugin.cli import interrupting
interrupting._LONGEST = {longest}
signal.signal(signal.SIGINT, interrupting.interrupt)
try:
    import library
    time.sleep(60)
except KeyboardInterrupt:
    sys.exit(7 if "library" in sys.modules else 8)  # one that is cut short is not there
"""


def interrupted(folder: Path, library: str, longest: float) -> tuple[int, str]:
    (folder / "library.py").write_text(library)
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(folder), *sys.path])}
    command = [sys.executable, "-c", COMMAND.format(longest=longest)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=50)
    return done.returncode, done.stderr


def test_a_library_is_imported_whole_before_the_interruption(tmp_path):
    assert interrupted(tmp_path, LIBRARY, 40) == (7, "")


def test_an_import_that_hangs_is_interrupted(tmp_path):
    assert interrupted(tmp_path, f"{LIBRARY}import time\ntime.sleep(60)\n", 0.2) == (8, "")


def test_elsewhere_it_comes_at_once():
    with pytest.raises(KeyboardInterrupt):
        interrupt(signal.SIGINT, sys._getframe())
