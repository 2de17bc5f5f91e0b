"""Two processes never run in one folder, and one that was killed is not waited for."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from filelock import FileLock

from crs_plugin.errors import InputError
from crs_plugin.runs.run_lock import check_free, held

HOLD = """
import sys, time
from pathlib import Path
from crs_plugin.runs.run_lock import held
with held(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(60)
"""


def holder(folder: Path) -> "subprocess.Popen[str]":
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(folder)], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    return process


def test_the_holder_is_named(tmp_path: Path) -> None:
    process = holder(tmp_path)
    try:
        for refused in (lambda: check_free(tmp_path), lambda: held(tmp_path).__enter__()):
            with pytest.raises(InputError, match=rf"in use by process {process.pid} on .+, since"):
                refused()
    finally:
        process.kill()
        process.wait()


def test_a_lock_whose_holder_was_killed_is_free(tmp_path: Path) -> None:
    process = holder(tmp_path)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert (tmp_path / ".holder.json").is_file()
    check_free(tmp_path)
    with held(tmp_path):
        assert json.loads((tmp_path / ".holder.json").read_text())["process"] == os.getpid()
    assert not (tmp_path / ".holder.json").exists()


def test_checking_a_folder_leaves_no_file(tmp_path: Path) -> None:
    check_free(tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("content", [None, "half of", "[]", "{}"])
def test_an_unknown_holder_is_told_as_such(tmp_path: Path, content: str | None) -> None:
    with held(tmp_path):
        (tmp_path / ".holder.json").unlink()
        if content is not None:
            (tmp_path / ".holder.json").write_text(content)
        with pytest.raises(InputError, match="in use by another process;"):
            check_free(tmp_path)


def test_a_file_system_without_locks_has_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def acquire(self: FileLock, timeout: float) -> None:
        raise NotImplementedError("no flock here")

    monkeypatch.setattr(FileLock, "acquire", acquire)
    with held(tmp_path):
        check_free(tmp_path)


def test_a_folder_that_cannot_be_written_may_be_looked_at(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / ".lock").touch()

    def acquire(self: FileLock, timeout: float) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(FileLock, "acquire", acquire)
    check_free(tmp_path)
    with pytest.raises(PermissionError), held(tmp_path):
        pass
