"""Finding components: in the rooms of the package, in entry points, plugins and families."""

import importlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.metadata import EntryPoint, EntryPoints, entry_points
from pathlib import Path
from typing import Any, TypeVar

from crs_plugin.did_you_mean import did_you_mean_clause, nearest
from crs_plugin.registry.component import Component, place_of
from crs_plugin.registry.errors import (
    DuplicateComponentError,
    MissingExtraError,
    PluginError,
    RegistryError,
    UnknownComponentError,
)
from crs_plugin.registry.family import Family
from crs_plugin.registry.kinds import KINDS, ROOMS
from crs_plugin.registry.plugin_import import import_plugin, plugin_file
from crs_plugin.registry.room import components_in, families_in

T = TypeVar("T", bound=Callable[..., Any])


@dataclass(frozen=True)
class _RegisteredFamily:
    prefix: str
    origin: str
    family: Family


@dataclass
class Registry:
    """All components that are known, by kind and name.

    Attributes:
        rooms: Kind → package whose modules hold the built-in components.
    """

    rooms: Mapping[str, str] = field(default_factory=lambda: ROOMS)
    _components: dict[tuple[str, str], Component] = field(default_factory=dict)
    _families: dict[str, list[_RegisteredFamily]] = field(default_factory=dict)
    _origins: list[str] = field(default_factory=list)
    _plugins: dict[str, str] = field(default_factory=dict)
    _points: Any = None  # of which the type differs between versions of Python

    def register(self, kind: str, name: str) -> Callable[[T], T]:
        """Return the decorator that registers a class or function under a name.

        Raises:
            RegistryError: If the kind is unknown or the name is not one word.
            DuplicateComponentError: If another component has the name.
        """
        self._check_kind(kind)
        if not name or any(letter.isspace() for letter in name):
            raise RegistryError(
                f"the name of a component ({kind}) has to be one word, not {name!r}"
            )

        def decorate(target: T) -> T:
            self._add(Component(kind, name, target, self._origin(target), place_of(target)))
            return target

        return decorate

    def register_family(self, kind: str, prefix: str, origin: str) -> Callable[[T], T]:
        """Return the decorator that registers a ``Family`` class for names with a prefix."""
        self._check_kind(kind)

        def decorate(target: T) -> T:
            self._families.setdefault(kind, []).append(_RegisteredFamily(prefix, origin, target()))
            return target

        return decorate

    def get(self, kind: str, name: str) -> Component:
        """Return a component.

        Raises:
            UnknownComponentError: If there is none; the message lists what exists.
            PluginError: If it comes from a plugin that cannot be imported.
            RefusedComponentError: If a toolkit's part of that name does not fit.
            MissingExtraError: If it needs a toolkit that is not installed.
        """
        self._check_kind(kind)
        self._import_built_in(kind, name)
        self._load_entry_points(kind, name)
        if (kind, name) in self._components:
            return self._components[kind, name]
        self._import_families(kind)
        for entry in self._families.get(kind, ()):
            if name.startswith(entry.prefix):
                target = entry.family.find(name.removeprefix(entry.prefix))
                if target is not None:
                    return Component(kind, name, target, entry.origin, place_of(target))
        raise self._unknown(kind, name)

    def names(self, kind: str, *, families: bool = True) -> dict[str, str]:
        """Return name → origin of all components of a kind, families last, importing no plugin.

        Args:
            kind: The kind.
            families: Whether the parts of other toolkits are named, which imports those toolkits.
        """
        self._check_kind(kind)
        if families:
            self._import_families(kind)
        found = self._single(kind)
        for point in self._entry_points(kind):
            found.setdefault(point.name, _distribution(point))
        for entry in self._families.get(kind, ()) if families else ():
            try:
                names = entry.family.names()
            except MissingExtraError:
                continue
            found.update((entry.prefix + name, entry.origin) for name in names)
        return found

    def listing(
        self, kind: str
    ) -> tuple[dict[str, Component | PluginError], dict[tuple[str, str], list[str]]]:
        """Return what a kind offers: single components by name, then names by family.

        A component whose plugin cannot be imported is listed with that error. A family's key is
        its prefix and origin; one whose toolkit is not installed has the line that installs it.
        """
        single: dict[str, Component | PluginError] = {}
        self._check_kind(kind)
        self._import_families(kind)
        for name in sorted(
            {*self._single(kind)} | {point.name for point in self._entry_points(kind)}
        ):
            try:
                single[name] = self.get(kind, name)
            except PluginError as error:
                single[name] = error
        families: dict[tuple[str, str], list[str]] = {}
        for entry in self._families.get(kind, ()):
            try:
                families[entry.prefix, entry.origin] = list(entry.family.names())
            except MissingExtraError as error:
                families[entry.prefix, entry.origin] = [str(error)]
        return single, families

    def load_plugin(self, plugin: str, folder: Path) -> None:
        """Import a plugin, so that what it registers is known.

        Args:
            plugin: A module's dotted name, or the path of a ``.py`` file.
            folder: What a relative path starts from; a module beside it is found as well.

        Raises:
            PluginError: If it does not exist or its import fails; the message has the cause.
        """
        path = plugin_file(plugin, folder)
        key = str(path or plugin)
        if key in self._plugins:
            return
        before = len(self._components)
        with self._importing(f"plugin {plugin}"):
            import_plugin(plugin, path, folder)
        registered = len(self._components) - before
        self._plugins[key] = f"{plugin} ({registered} component{'s' * (registered != 1)})"

    def _add(self, component: Component) -> None:
        key = component.kind, component.name
        if getattr(component.target, "__module__", None) != self._built_in(component.kind).get(key):
            self._import_built_in(*key)  # so that a clash is the newcomer's, not the room's
        other = self._components.get(key)
        if other is not None and other.place != component.place:
            raise DuplicateComponentError(
                f"two components are named {component.kind} {component.name!r}:"
                f" {other.place} (from {other.origin})"
                f" and {component.place} (from {component.origin}); rename one of them"
            )
        self._components[key] = component

    def _check_kind(self, kind: str) -> None:
        if kind not in KINDS:
            raise RegistryError(
                f"unknown kind of component {kind!r}{did_you_mean_clause(kind, KINDS, '.')}"
                f" Kinds are {', '.join(KINDS)}"
            )

    def _single(self, kind: str) -> dict[str, str]:
        """Return name → origin of components that no plugin must be imported for, sorted."""
        built_in = {name: _package(module) for (_, name), module in self._built_in(kind).items()}
        known = {name: c.origin for (k, name), c in self._components.items() if k == kind}
        return dict(sorted((built_in | known).items()))

    def _built_in(self, kind: str) -> dict[tuple[str, str], str]:
        room = self.rooms.get(kind)
        found = {} if room is None else components_in(room)
        return {key: module for key, module in found.items() if key[0] == kind}

    def _import_built_in(self, kind: str, name: str) -> None:
        module = self._built_in(kind).get((kind, name))
        if module is not None:
            with self._importing(_package(module)):
                importlib.import_module(module)

    def _import_families(self, kind: str) -> None:
        room = self.rooms.get(kind)
        for (k, _), module in ({} if room is None else families_in(room)).items():
            if k == kind:
                importlib.import_module(module)

    def _entry_points(self, kind: str) -> EntryPoints:
        if self._points is None:  # reads the metadata of everything that is installed
            self._points = entry_points()
        points: EntryPoints = self._points.select(group=f"crs_plugin.{kind}")
        return points

    def _load_entry_points(self, kind: str, name: str) -> None:
        for point in self._entry_points(kind):
            if point.name != name:
                continue
            origin = _distribution(point)
            with self._importing(origin):
                try:
                    target = point.load()
                except RegistryError:
                    raise
                except (Exception, SystemExit) as error:
                    raise PluginError(
                        f"{kind} {name!r} comes from {origin}, entry point {point.value!r},"
                        f" which cannot be imported: {type(error).__name__}: {error}"
                    ) from error
            self._add(Component(kind, name, target, origin, place_of(target)))

    def _unknown(self, kind: str, name: str) -> UnknownComponentError:
        names = self.names(kind)
        by_origin: dict[str, list[str]] = {}
        for known, origin in names.items():
            by_origin.setdefault(origin, []).append(known)
        listed = "; ".join(f"from {o}: {_shortened(n)}" for o, n in by_origin.items()) or "none"
        plugins = ", ".join(self._plugins.values()) or "none"
        return UnknownComponentError(
            f"unknown {kind} {name!r}{did_you_mean_clause(name, names, '.')} Known are {listed}."
            f" Plugins imported: {plugins}. One of your own is found when the recipe lists"
            " its file or module under 'plugins:'",
            nearest(name, names),
        )

    def _origin(self, target: Callable[..., Any]) -> str:
        if self._origins:
            return self._origins[-1]
        return _package(str(getattr(target, "__module__", ""))) or "unknown"

    @contextmanager
    def _importing(self, origin: str) -> Iterator[None]:
        self._origins.append(origin)
        try:
            yield
        finally:
            self._origins.pop()


registry = Registry()
"""The registry that recipes and the command line use."""

register = registry.register
register_family = registry.register_family


def _package(module: str) -> str:
    return module.partition(".")[0]


def _distribution(point: EntryPoint) -> str:
    return f"{point.dist.name} {point.dist.version}" if point.dist else point.value


def _shortened(names: Sequence[str], most: int = 12) -> str:
    more = f" … ({len(names)} in all)" if len(names) > most else ""
    return ", ".join(names[:most]) + more
