"""The one error that stands for bad input: shown as its message alone, exit code 2."""


class InputError(ValueError):
    """Something the user gave is wrong; the message names it, what was found and what is right."""
