"""What Ctrl-C does to a command that has not said otherwise."""

import signal
import time
from _thread import interrupt_main
from types import FrameType

_MOMENT, _LONGEST = 0.05, 10.0  # seconds
_IMPORTING = "<frozen importlib._bootstrap>"


class _Interrupt:
    """Handles a signal like Python does, by ``KeyboardInterrupt``, but not inside an import.

    While a library is being imported it tries again a moment later: an extension in C++ that is
    interrupted as it is loaded may end the process at once (PyTorch calls ``std::terminate``). An
    import that takes ten seconds more is interrupted all the same; it may hang.
    """

    def __init__(self) -> None:
        self._waits_since: float | None = None

    def __call__(self, number: int, frame: FrameType | None) -> None:
        now = time.monotonic()
        since = now if self._waits_since is None else self._waits_since
        if _imports(frame) and now - since < _LONGEST:
            self._waits_since = since
            _send_again(number)
            return
        self._waits_since = None
        raise KeyboardInterrupt


interrupt = _Interrupt()
"""A handler of signals."""


def _imports(frame: FrameType | None) -> bool:
    while frame is not None:
        if frame.f_code.co_filename == _IMPORTING:
            return True
        frame = frame.f_back
    return False


def _send_again(number: int) -> None:
    from threading import Timer, main_thread

    if hasattr(signal, "pthread_kill"):
        again = Timer(_MOMENT, signal.pthread_kill, [main_thread().ident, number])
    else:  # on Windows, where it ends no system call
        again = Timer(_MOMENT, interrupt_main, [number])
    again.daemon = True
    again.start()
