"""What a contract is: clauses that are checked one by one, to name all that are broken."""

from collections.abc import Callable, Sequence
from typing import Any

Make = Callable[[], Any]
"""Makes what is checked, anew and the same each time."""

Clause = Callable[[Make], None]
"""Checks one thing; its name says what holds. Breaks with ``ContractError``."""


class ContractError(AssertionError):
    """A component does not keep a contract; the message says which clauses, and what was found."""


class NotCheckedError(Exception):
    """A clause cannot be checked here, or does not apply; the message says why."""


def require(holds: object, found: str) -> None:
    """Break the clause that is being checked if something does not hold.

    Args:
        holds: Whether it does.
        found: What was found instead.

    Raises:
        ContractError: If it does not.
    """
    if not holds:
        raise ContractError(found)


def check_clauses(make: Make, clauses: Sequence[Clause]) -> dict[str, str]:
    """Check all clauses, even after one was broken.

    Args:
        make: Makes what is checked.
        clauses: What is checked.

    Returns:
        Name → reason of the clauses that were not checked.

    Raises:
        ContractError: If any is broken, or something else was raised.
    """
    broken: list[str] = []
    not_checked: dict[str, str] = {}
    cause: Exception | None = None
    for clause in clauses:
        name = clause.__name__
        try:
            clause(make)
        except NotCheckedError as reason:
            not_checked[name] = str(reason)
        except ContractError as error:
            broken.append(f"{name}: {error}")
        except Exception as error:
            broken.append(f"{name}: {type(error).__name__}: {error}")
            cause = cause or error
    if broken:
        raise ContractError("\n".join(["the contract is broken", *broken])) from cause
    return not_checked
