"""Where the cache lies."""

import os
import sys
from pathlib import Path


def cache_folder() -> Path:
    """Return ``$CRS_CACHE``, or else ``crs_plugin`` in the platform's cache folder.

    That is ``$XDG_CACHE_HOME`` or ``~/.cache``, ``~/Library/Caches`` on macOS, and
    ``%LOCALAPPDATA%`` on Windows (of which platformdirs would be another dependency, for this).
    """
    chosen = os.environ.get("CRS_CACHE")
    if chosen:
        return Path(os.path.expanduser(chosen))
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches" / "crs_plugin"
    if sys.platform == "win32":
        local = os.environ.get("LOCALAPPDATA")
        return (Path(local) if local else Path.home() / "AppData" / "Local") / "crs_plugin"
    caches = os.environ.get("XDG_CACHE_HOME")
    return (Path(caches) if caches else Path.home() / ".cache") / "crs_plugin"


def entries_folder() -> Path:
    """Return the folder that holds a folder per entry."""
    return cache_folder() / "images"
