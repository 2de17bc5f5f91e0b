"""A family: parts of another toolkit that join under a common prefix."""

from collections.abc import Callable, Sequence
from typing import Any, Protocol


class Family(Protocol):
    """Parts of another toolkit, found by a common prefix."""

    def names(self) -> Sequence[str]:
        """Return the names, without the prefix."""

    def find(self, name: str) -> Callable[..., Any] | None:
        """Return the part of that name (without the prefix), or None.

        Raises:
            RefusedComponentError: If the toolkit has it but it does not fit.
            MissingExtraError: If the toolkit is not installed.
        """
