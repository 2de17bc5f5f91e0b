"""Files at an address, through fsspec: over HTTP, or in an object store."""

from errno import EDQUOT, ENOSPC
from pathlib import Path
from time import sleep
from typing import Any

from crs_plugin.errors import InputError
from crs_plugin.registry import MissingExtraError

_OF_THE_EXTRA = ("http", "https", "s3")
"""Protocols whose packages the extra has; those of others are named by fsspec."""

_WAITS = (1.0, 5.0, 20.0)
"""Seconds before an address that does not answer is tried again."""

_REFUSED = (401, 403, 404)
"""HTTP answers that are not worth another try."""

_VERSION = ("size", "ETag", "etag", "Last-Modified", "LastModified", "updated", "created")
"""What stores say of a file by which it can be told from a later one."""


class UnreachableError(InputError):
    """An address cannot be read. No ``DataError``: the images behind it may be in order."""


def expanded(address: str) -> list[str]:
    """Return the addresses that one with braces stands for: ``{000..146}``, ``{train,val}``.

    Raises:
        InputError: If the braces do not match.
        MissingExtraError: Without the extra ``shards``.
    """
    if "{" not in address:
        return [address]
    try:
        from braceexpand import braceexpand
    except ImportError as error:
        raise MissingExtraError(f"{address}: braces", "shards") from error
    try:
        return list(braceexpand(address))
    except ValueError as error:
        raise InputError(f"{address}: its braces do not match") from error


def small_file(address: str) -> bytes | None:
    """Return what is in a file, or None if there is no such file.

    Raises:
        UnreachableError: If the address cannot be read for another reason.
        MissingExtraError: Without the package for such addresses.
    """
    try:
        content: bytes = _system(address).cat_file(address)
    except (InputError, MissingExtraError):
        raise
    except Exception as error:  # each kind of store has its own
        if _is_refused(error):
            return None
        raise UnreachableError(f"{address}: {_cause(error)}") from error
    return content


def version(address: str) -> str:
    """Return what tells a file from one that is put in its place later, as far as a store says.

    Raises:
        UnreachableError: If the address cannot be read.
        MissingExtraError: Without the package for such addresses.
    """
    system = _system(address)
    try:
        told = system.info(address)
    except Exception as error:  # each kind of store has its own
        raise UnreachableError(f"{address}: {_cause(error)}") from error
    return " ".join(f"{key}={told[key]}" for key in _VERSION if told.get(key) is not None)


def fetch(address: str, file: Path) -> None:
    """Write what is at an address to a file; tried again where that may help.

    Raises:
        UnreachableError: If it cannot be had.
        OSError: If the file cannot be written.
        MissingExtraError: Without the package for such addresses.
    """
    system = _system(address)
    for wait in (*_WAITS, None):
        try:
            system.get_file(address, str(file))
            return
        except Exception as error:
            if isinstance(error, OSError) and error.errno in (ENOSPC, EDQUOT):
                raise
            if wait is None or _is_refused(error):
                raise UnreachableError(f"{address}: {_cause(error)}") from error
            sleep(wait)


def _system(address: str) -> Any:
    """Return what reads such addresses; fsspec makes it once a process."""
    from fsspec.core import url_to_fs

    try:
        return url_to_fs(address)[0]
    except (ImportError, ValueError) as error:  # it lacks a package, or knows no such protocol
        protocol = address.partition(":")[0]
        if protocol in _OF_THE_EXTRA:
            raise MissingExtraError(f"{protocol}://", "shards") from error
        raise UnreachableError(f"{address}: {error}") from error


def _is_refused(error: Exception) -> bool:
    gone = isinstance(error, FileNotFoundError | PermissionError)
    return gone or getattr(error, "status", None) in _REFUSED


def _cause(error: Exception) -> str:
    if isinstance(error, FileNotFoundError):
        return "cannot be fetched: there is no such file"
    text = " ".join(str(error).split()) or type(error).__name__
    return f"cannot be fetched: {text}"
