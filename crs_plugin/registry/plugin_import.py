"""Importing a plugin: a module, or a file of somebody's own."""

import importlib
import importlib.util
import os
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from crs_plugin.registry.errors import PluginError, RegistryError


def plugin_file(plugin: str, folder: Path) -> Path | None:
    """Return the absolute path of a plugin that is given as a file, None if it is a module.

    Args:
        plugin: A module's dotted name, or the path of a ``.py`` file.
        folder: What a relative path starts from.
    """
    is_file = plugin.endswith(".py") or "/" in plugin
    return (folder / os.path.expanduser(plugin)).resolve() if is_file else None


def import_plugin(plugin: str, path: Path | None, folder: Path) -> None:
    """Import a plugin's file, or else its module.

    Args:
        plugin: How it was given.
        path: Its file, if it is one.
        folder: Where modules are looked for first.

    Raises:
        PluginError: If there is no such file, or its import fails; the message has the cause and
            the line.
        RegistryError: What registering its components raises.
    """
    if path is not None and not path.is_file():
        raise PluginError(f"plugin {plugin} does not exist: no file {path}")
    with _first_on_path(folder):
        try:
            _import_file(path) if path else importlib.import_module(plugin)
        except RegistryError:
            raise
        except (Exception, SystemExit) as error:
            cause = f"{type(error).__name__}: {error}{_raised_at(error)}"
            raise PluginError(f"plugin {plugin} cannot be imported: {cause}") from error


def _import_file(path: Path) -> None:
    name = f"crs_plugin_file_{path.stem}_{abs(hash(path)):x}"
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise ImportError(f"{path} is no Python file")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[name]
        raise


def _raised_at(error: BaseException) -> str:
    """Say in which line of a plugin's code its import failed; nothing, if in none."""
    machinery = (__file__, importlib.__file__, "<")
    frames = traceback.extract_tb(error.__traceback__)
    own = [f for f in frames if not f.filename.startswith(machinery)]
    return f" ({own[-1].filename}:{own[-1].lineno})" if own else ""


@contextmanager
def _first_on_path(folder: Path) -> Iterator[None]:
    sys.path.insert(0, str(folder))
    try:
        yield
    finally:
        sys.path.remove(str(folder))
