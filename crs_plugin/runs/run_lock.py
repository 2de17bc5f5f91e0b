"""One process at a time in the folder of a run."""

import json
import os
import platform
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from crs_plugin.errors import InputError
from crs_plugin.files import write_atomically

_LOCK, _HOLDER = ".lock", ".holder.json"

LOCK_FILES = frozenset({_LOCK, _HOLDER})
"""Names of the files that lie in the folder of a run for the lock's sake."""

_SECONDS_FOR_ORPHANS = 15.0
"""Worker processes of a run that was killed hold its lock until they notice, some seconds later."""


def check_free(folder: Path) -> None:
    """Make sure that no process runs in a folder; changes nothing.

    Raises:
        InputError: If one does; it names its process and machine.
    """
    if not (folder / _LOCK).is_file():
        return
    # Who may not write there is told so by what writes; a finished run may still be looked at.
    with suppress(OSError), _locked(folder):
        pass


@contextmanager
def held(folder: Path) -> Iterator[None]:
    """Keep other processes out of a folder while the block runs.

    The operating system frees the lock when its holder ends, however it does. On a file system
    that knows no locks there is none.

    Args:
        folder: The folder, which is there.

    Raises:
        InputError: If another process runs in it; it names its process and machine.
        OSError: If the folder cannot be written.
    """
    with _locked(folder):
        now = datetime.now().astimezone().isoformat(timespec="seconds")
        holder = {"process": os.getpid(), "machine": platform.node(), "since": now}
        write_atomically(folder / _HOLDER, json.dumps(holder) + "\n")
        try:
            yield
        finally:
            (folder / _HOLDER).unlink(missing_ok=True)


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    lock = FileLock(folder / _LOCK)
    try:
        lock.acquire(timeout=_SECONDS_FOR_ORPHANS if _is_gone(_holder(folder)) else 0)
    except Timeout:
        raise InputError(_in_use(folder)) from None
    except NotImplementedError:
        yield
        return
    try:
        yield
    finally:
        lock.release()


def _holder(folder: Path) -> Mapping[str, Any]:
    try:
        holder = json.loads((folder / _HOLDER).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return holder if isinstance(holder, dict) else {}


def _is_gone(holder: Mapping[str, Any]) -> bool:
    """Whether the holder was a process of this machine that has ended."""
    process = holder.get("process")
    if holder.get("machine") != platform.node() or not isinstance(process, int):
        return False
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return True
    except OSError:  # somebody else's
        return False
    return False


def _in_use(folder: Path) -> str:
    holder = _holder(folder)
    who = "another process"
    if holder:
        who = (
            f"process {holder.get('process')} on {holder.get('machine')}, since"
            f" {holder.get('since')}"
        )
    return (
        f"{folder} is in use by {who}; nothing was touched. Wait for it, stop it, or name another"
        " folder with --output"
    )
