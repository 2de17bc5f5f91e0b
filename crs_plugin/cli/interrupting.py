"""What Ctrl-C does to a command that has not said otherwise."""

import signal
from _thread import interrupt_main
from types import FrameType

_MOMENT = 0.05  # seconds
_IMPORTING = "<frozen importlib._bootstrap>"


def interrupt(number: int, frame: FrameType | None) -> None:
    """Handle a signal like Python does, by ``KeyboardInterrupt``, but never inside an import.

    While a library is being imported it tries again a moment later: an extension in C++ that is
    interrupted as it is loaded may end the process at once (PyTorch calls ``std::terminate``).

    Args:
        number: The signal.
        frame: Where it arrived.
    """
    while frame is not None:
        if frame.f_code.co_filename == _IMPORTING:
            _try_again(number)
            return
        frame = frame.f_back
    raise KeyboardInterrupt


def _try_again(number: int) -> None:
    from threading import Timer, main_thread

    if hasattr(signal, "pthread_kill"):
        again = Timer(_MOMENT, signal.pthread_kill, [main_thread().ident, number])
    else:  # on Windows, where it ends no system call
        again = Timer(_MOMENT, interrupt_main, [number])
    again.daemon = True
    again.start()
