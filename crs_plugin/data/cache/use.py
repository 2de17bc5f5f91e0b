"""Which entries are in use: those whose pixels some process has mapped."""

from pathlib import Path
from typing import BinaryIO

try:
    import fcntl
except ImportError:  # on Windows, where a mapped file cannot be removed anyway
    fcntl = None  # type: ignore[assignment]


def hold(file: BinaryIO) -> None:
    """Mark an open file as used for as long as it, or any mapping of it, is open.

    The mark is a shared lock. It belongs to the open file, which a mapping keeps open, and the
    system lets go of it when a process ends, however it ends.
    """
    if fcntl is not None:
        try:
            fcntl.flock(file, fcntl.LOCK_SH)
        except OSError:  # a file system without locks: removing a mapped file hurts nobody on POSIX
            return


def in_use(path: Path) -> bool:
    """Return whether some process uses the file, or this user may not touch it."""
    if fcntl is None or not path.is_file():
        return False
    try:
        file = path.open("r+b")
    except OSError:
        return True
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        except OSError:
            return False
    return False
