"""Writing files so that a half-written one is never left under a final name."""

import glob
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import NamedTemporaryFile


@contextmanager
def atomic_path(path: Path) -> Iterator[Path]:
    """Yield a temporary path beside ``path``; move it there when the block ends without error.

    The file is flushed to the disk before the move, so that a crash leaves the old file or the new
    one, never a part.

    Raises:
        OSError: If the folder does not exist or cannot be written; it names the folder. If the file
            cannot be written, as the disk is full; it names the file.
    """
    try:
        with NamedTemporaryFile(
            dir=path.parent, prefix=_temporary_prefix(path), suffix=path.suffix, delete=False
        ) as handle:
            temporary = Path(handle.name)
    except OSError as error:
        raise type(error)(error.errno, error.strerror, str(path.parent)) from None
    try:
        yield temporary
        with temporary.open("rb") as written:
            os.fsync(written.fileno())
        temporary.chmod(0o666 & ~_umask())
        _move(temporary, path)
    except OSError as error:
        if error.filename not in (None, str(temporary)):
            raise
        raise OSError(error.errno, error.strerror, str(path)) from error
    finally:
        temporary.unlink(missing_ok=True)


def remove_leftovers(path: Path) -> None:
    """Delete what killed processes left beside ``path``; nobody may be writing it."""
    for leftover in path.parent.glob(f"{glob.escape(_temporary_prefix(path))}*{path.suffix}"):
        leftover.unlink(missing_ok=True)


def write_atomically(path: Path, data: bytes | str) -> None:
    """Write a whole file; text is encoded as UTF-8."""
    with atomic_path(path) as temporary:
        temporary.write_bytes(data.encode() if isinstance(data, str) else data)


def _move(temporary: Path, path: Path) -> None:
    try:
        os.replace(temporary, path)
    except FileExistsError:  # some file systems rename over nothing
        before = temporary.with_suffix(f".before{path.suffix}")
        os.rename(path, before)
        try:
            os.rename(temporary, path)
        except OSError:
            os.rename(before, path)
            raise
        before.unlink()


def _temporary_prefix(path: Path) -> str:
    return f".{path.name}."


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
