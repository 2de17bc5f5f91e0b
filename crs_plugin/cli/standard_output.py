"""Standard output that cannot be written to: a full disk behind ``>``, for one."""

import os
import sys


def is_unwritable() -> bool:
    """Return whether standard output cannot be written to; it is given up then.

    An error of the system does not say which file it is about. So a line is ended: that fails
    again, and would do so a last time at the end of the process.
    """
    try:
        sys.stdout.write("\n")
        sys.stdout.flush()
    except OSError:
        sys.stdout = open(os.devnull, "w")  # noqa: SIM115
        return True
    return False
