"""A condition on an option's value that no bound can say."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Condition:
    """Marks an option's type with a condition, as in ``Annotated[str, Condition("…", check)]``.

    Recipes check it with the type, before anything is built.

    Attributes:
        words: What it adds to the type, for people: ``least first``.
        check: Raises ``ValueError`` for a value that does not meet it; the message says what would
            be right, as in ``expected …``.
    """

    words: str
    check: Callable[[Any], object]

    def __get_pydantic_core_schema__(self, source: Any, handler: Callable[[Any], Any]) -> Any:
        """Tell pydantic, which is imported by then, to check it after the type."""
        from pydantic_core import core_schema

        def checked(value: Any) -> Any:
            self.check(value)
            return value

        return core_schema.no_info_after_validator_function(checked, handler(source))
