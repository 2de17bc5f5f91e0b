"""Compiling a function where it is wanted and where this machine can; else it runs as it is."""

import functools
import logging
import os
from collections.abc import Callable
from pathlib import Path
from tempfile import gettempdir
from typing import Generic, Literal, ParamSpec, TypeAlias, TypeVar

import torch

log = logging.getLogger("crs_plugin.compiling")

Compile: TypeAlias = Literal["auto"] | bool
"""Whether to compile: yes, no, or where it pays, by the rule that the option states."""

Given = ParamSpec("Given")
Result = TypeVar("Result")


def compiled(
    function: Callable[Given, Result], compile: Compile, what: str, *, dynamic: bool = False
) -> Callable[Given, Result]:
    """Return a function compiled by ``torch.compile``, or as it is.

    Compiling happens at the first call, and again for every new shape of what is given (it is for
    functions that are given the same shapes again and again) unless ``dynamic``. Where it fails,
    for want of a C++ compiler or because PyTorch cannot compile the function, that call and all
    later ones run the function as it is, and a line says so, once, to the log
    ``crs_plugin.compiling``, which Python shows on stderr unless told otherwise. What the function
    itself raises is raised.

    Kernels are kept on the disk (``TORCHINDUCTOR_CACHE_DIR``, see ``keep_kernels_in``): another
    process that compiles the same function only traces it anew.

    Args:
        function: Any function of tensors. If compiling fails half-way, torch's CPU generator is set
            back before the function runs as it is.
        compile: Whether to compile it at all; ``auto`` is yes here, so a caller who knows when it
            does not pay says no.
        what: What it is, for the line, such as ``the network``.
        dynamic: Whether to compile once for many shapes.
    """
    return _Compiled(function, what, dynamic) if compile else function


def keep_kernels_in(folder: Path) -> None:
    """Keep compiled kernels below a folder from now on, unless the user has named one.

    PyTorch's own place is the folder for temporary files, which a restart empties. Kernels are
    made for the instructions of one CPU, so those of different CPUs are kept apart.

    Args:
        folder: Need not be there yet. One with a space in its path is not taken: PyTorch hands it
            to the compiler without quotes.
    """
    named = os.environ.get("TORCHINDUCTOR_CACHE_DIR")
    if " " not in str(folder) and (named is None or _is_pytorchs_own(Path(named))):
        kind = f"torch-{torch.__version__}-{torch.backends.cpu.get_cpu_capability()}"
        os.environ["TORCHINDUCTOR_CACHE_DIR"] = str(folder / kind.replace(" ", "-").lower())


def _is_pytorchs_own(folder: Path) -> bool:
    """Return whether it is the folder that PyTorch enters for itself where the user names none."""
    return folder.parent == Path(gettempdir()) and folder.name.startswith("torchinductor_")


class _Compiled(Generic[Given, Result]):
    """A function that is compiled as long as that works."""

    def __init__(self, function: Callable[Given, Result], what: str, dynamic: bool) -> None:
        self._function = function
        self._dynamic = dynamic
        self._what = what
        self._compiled: Callable[Given, Result] | None = None
        self._fails = False

    def __call__(self, *args: Given.args, **kwargs: Given.kwargs) -> Result:
        if self._fails:
            return self._function(*args, **kwargs)
        drawn = torch.get_rng_state()
        try:
            if self._compiled is None:
                self._compiled = _compile(self._function, self._dynamic)
            return self._compiled(*args, **kwargs)
        except _failures() as error:
            reason = _in_one_line(error)
        torch.set_rng_state(drawn)
        # Not told before the function itself has run: its own errors look like failures at first.
        result = self._function(*args, **kwargs)
        self._fails = True
        _say(f"{self._what} cannot be compiled here and runs uncompiled: {reason}")
        return result


class _NotHereError(RuntimeError):
    """PyTorch does not compile on this platform or version of Python at all."""


def _compile(function: Callable[Given, Result], dynamic: bool) -> Callable[Given, Result]:
    try:
        return torch.compile(function, dynamic=dynamic)
    except RuntimeError as error:
        raise _NotHereError(str(error)) from error


def _failures() -> tuple[type[Exception], ...]:
    from torch._dynamo.exc import TorchDynamoException  # compiling has loaded it by then

    return _NotHereError, TorchDynamoException


def _in_one_line(error: Exception) -> str:
    """Return the first line of an error that says something, without the name of its wrapper."""
    inner = getattr(error, "inner_exception", None) or error
    lines = (line.strip() for line in str(inner).splitlines())
    return next((line for line in lines if line), type(inner).__name__)


@functools.cache
def _say(line: str) -> None:
    log.warning(line)
