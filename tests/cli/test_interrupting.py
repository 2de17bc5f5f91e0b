"""Ctrl-C, also while libraries are being imported."""

import os
import signal
import subprocess
import sys

import pytest

from crs_plugin.cli.interrupting import interrupt

LIBRARY = """
import os, signal
for _ in range(2):  # as impatient people do
    os.kill(os.getpid(), signal.SIGINT)
whole = True
"""
COMMAND = """
import signal, sys, time
from crs_plugin.cli.interrupting import interrupt
signal.signal(signal.SIGINT, interrupt)
try:
    import library
    time.sleep(60)
except KeyboardInterrupt:
    sys.exit(7 if sys.modules["library"].whole else 8)
"""


def test_a_library_is_imported_whole_before_the_interruption(tmp_path):
    (tmp_path / "library.py").write_text(LIBRARY)
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(tmp_path), *sys.path])}
    done = subprocess.run(
        [sys.executable, "-c", COMMAND], env=environment, capture_output=True, text=True, timeout=50
    )
    assert (done.returncode, done.stderr) == (7, "")


def test_elsewhere_it_comes_at_once():
    with pytest.raises(KeyboardInterrupt):
        interrupt(signal.SIGINT, sys._getframe())
