"""Libraries that loggers need, so that a run without them never begins."""

from collections.abc import Callable
from importlib.util import find_spec
from typing import Any, TypeVar

from crs_plugin.registry import MissingExtraError

T = TypeVar("T", bound=Callable[..., Any])

_NEEDED: dict[Callable[..., Any], tuple[str, ...]] = {}


def needs(*libraries: str) -> Callable[[T], T]:
    """Return the decorator of a logger that needs one of the libraries of the extra ``loggers``."""

    def decorate(logger: T) -> T:
        _NEEDED[logger] = libraries
        return logger

    return decorate


def check_libraries(logger: Callable[..., Any]) -> None:
    """Check that a logger has what it needs, without building it: that may begin a run elsewhere.

    Raises:
        MissingExtraError: If it has not.
    """
    libraries = _NEEDED.get(logger, ())
    if libraries and not any(map(find_spec, libraries)):
        raise MissingExtraError(" or ".join(libraries), "loggers")
