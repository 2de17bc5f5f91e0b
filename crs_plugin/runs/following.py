"""What the other processes of a run do: ``python -m crs_plugin.runs.following FOLDER READY``."""

import os
import signal
import sys
import threading
from pathlib import Path


def main() -> None:
    """Train along with the process that started this one, and end when it does."""
    threading.Thread(target=_end_with_the_other, daemon=True).start()
    # SIGUSR1 would end a process that does not listen to it yet; the first process passes it on.
    for number in ("SIGUSR1", "SIGTERM"):
        if hasattr(signal, number):
            signal.signal(getattr(signal, number), signal.SIG_IGN)
    from crs_plugin.errors import InputError
    from crs_plugin.recipe.recipe import load_recipe
    from crs_plugin.registry import RegistryError
    from crs_plugin.runs.run_folder import RunFolder
    from crs_plugin.runs.running import follow

    folder, ready = RunFolder(Path(sys.argv[1])), Path(sys.argv[2])
    try:
        finished = follow(load_recipe(folder.recipe), folder, ready=ready.touch)
    except (InputError, RegistryError) as error:
        sys.exit(f"Error: {error}")
    sys.exit(0 if finished else 130)


def _end_with_the_other() -> None:
    # Returns when the other end of the pipe is closed. A read of sys.stdin would hold a lock that
    # the interpreter wants when it ends.
    os.read(sys.stdin.fileno(), 1)
    os._exit(1)


if __name__ == "__main__":
    main()
