"""Environment variables in the values of a recipe: ``${NAME}`` and ``${NAME:-default}``."""

import os
import re

_REFERENCE = re.compile(r"(\$?)\$\{([^}]*)(\}|\Z)")
_INSIDE = re.compile(r"([A-Za-z_][A-Za-z0-9_]*)(?::-(.*))?", re.DOTALL)


class EnvironmentVariableError(ValueError):
    """A reference to an environment variable cannot be resolved; the message says why."""


def is_one_reference(text: str) -> bool:
    """Whether the text is a single ``${…}`` and nothing else, so that its type is free."""
    match = _REFERENCE.fullmatch(text)
    return match is not None and not match[1]


def substituted(text: str) -> str:
    """Return the text with its references replaced; ``$${`` stands for ``${`` itself.

    As in a shell, the default also stands in for a variable that is set to nothing.

    Raises:
        EnvironmentVariableError: If a variable is not set and has no default, or what stands in
            the braces is no name, or the closing brace is missing.
    """
    return _REFERENCE.sub(_replacement, text)


def escaped(text: str) -> str:
    """Return the text in the form that ``substituted`` turns back into it."""
    return _REFERENCE.sub(lambda match: "$" + match[0], text)


def _replacement(match: re.Match[str]) -> str:
    if match[1]:
        return match[0][1:]
    if not match[3]:
        raise EnvironmentVariableError(
            f"the closing brace is missing in {match[0]}; write ${{NAME}} for an environment"
            " variable, or $${ for the two characters themselves"
        )
    inside = _INSIDE.fullmatch(match[2])
    if inside is None or "${" in (inside[2] or ""):
        raise EnvironmentVariableError(
            f"{match[0]} is no reference to an environment variable;"
            " write ${NAME}, or ${NAME:-default} with a default in plain text"
        )
    name, default = inside[1], inside[2]
    value = os.environ.get(name) or default
    if value is None:
        state = "empty" if name in os.environ else "not set"
        raise EnvironmentVariableError(
            f"the environment variable {name} is {state}; set it, or give a default: ${{{name}:-…}}"
        )
    return value
