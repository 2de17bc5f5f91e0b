"""Components: what recipes assemble, found by kind and name.

A component is a class or function whose options are its typed keyword arguments. Parameters that
are positional-only (before ``/``) are handed in by the host and are no options. Built-in components
and those of strangers are registered in the same way, by the decorator::

    @register("loss", "my_loss")
    class MyLoss(torch.nn.Module): ...

and are found where they are: in the rooms of this package, in a packaging entry point of the group
``crs_plugin.<kind>``, or in a file or module that a recipe lists under ``plugins:``. The parts of
other toolkits join as a *family* of names with a prefix (``lightly/NTXentLoss``).

This module imports nothing else of the package, and no heavy library.
"""

import importlib
import importlib.util
import inspect
import pkgutil
import sys
import types
import typing
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import cache, partial
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import Annotated, Any, Protocol, TypeVar

from annotated_types import Ge, Gt, Interval

ROOMS: Mapping[str, str] = types.MappingProxyType(
    {
        "dataset": "crs_plugin.data.datasets",
        "augmentation": "crs_plugin.augmentations",
        "backbone": "crs_plugin.models.backbones",
        "head": "crs_plugin.models.heads",
        "miner": "crs_plugin.miners",
        "loss": "crs_plugin.losses",
        "class_weights": "crs_plugin.losses.class_weights",
        "reducer": "crs_plugin.losses.reducers",
        "sampler": "crs_plugin.miners.samplers",
        "optimizer": "crs_plugin.pretraining.optimizers",
        "schedule": "crs_plugin.pretraining.schedules",
        "evaluation": "crs_plugin.evaluation.protocols",
        "logger": "crs_plugin.pretraining.loggers",
    }
)
"""Where the built-in components of each kind live: every module of that folder is searched."""

KINDS: tuple[str, ...] = tuple(ROOMS)

PositiveFloat = Annotated[float, Gt(0)]
NonNegativeFloat = Annotated[float, Ge(0)]
Fraction = Annotated[float, Interval(ge=0, le=1)]
PositiveInt = Annotated[int, Gt(0)]
NonNegativeInt = Annotated[int, Ge(0)]

T = TypeVar("T", bound=Callable[..., Any])


class RegistryError(ValueError):
    """A component cannot be registered or found; the message says which, where and what to do."""


class UnknownComponentError(RegistryError):
    """No component of that kind has that name."""

    def __init__(self, message: str, suggestion: str | None = None) -> None:
        super().__init__(message)
        self.suggestion = suggestion


class DuplicateComponentError(RegistryError):
    """Two components of one kind have the same name."""


class PluginError(RegistryError):
    """A plugin cannot be imported."""


class RefusedComponentError(RegistryError):
    """Another toolkit has that part, but it does not fit in here; the message says why."""


class MissingExtraError(RegistryError):
    """A component needs an optional dependency; the message has the line that installs it."""

    def __init__(self, name: str, extra: str) -> None:
        super().__init__(f"{name} needs an extra: pip install 'crs_plugin[{extra}]'")
        self.extra = extra


@dataclass(frozen=True)
class Part:
    """Marks an option that holds a component itself, as in ``Annotated[X, Part("reducer")]``.

    Attributes:
        kind: The kind of the component.
        shorthand: Name and option that a mapping without a ``name`` stands for: with
            ``("fixed", "weights")``, ``{negative: 0.5}`` is short for
            ``{name: fixed, weights: {negative: 0.5}}``.
        many: Whether the option holds a list of such components.
    """

    kind: str
    shorthand: tuple[str, str] | None = None
    many: bool = False


@dataclass(frozen=True)
class Option:
    """One option of a component.

    Attributes:
        name: The keyword.
        annotation: Its type with bounds (``Any`` where the component does not say).
        default: Its default, or ``inspect.Parameter.empty`` where it must be given.
        part: Set where the option holds a component.
    """

    name: str
    annotation: Any
    default: Any
    part: Part | None = None

    @property
    def required(self) -> bool:
        """Whether the option has no default."""
        return self.default is inspect.Parameter.empty


@dataclass(frozen=True)
class Component:
    """A registered component.

    Attributes:
        kind: One of ``KINDS``.
        name: Its name within the kind.
        target: The class or function.
        origin: Who brought it: ``crs_plugin``, a distribution, a plugin, or a toolkit.
        place: ``file:line`` of its definition.
    """

    kind: str
    name: str
    target: Callable[..., Any]
    origin: str
    place: str

    @property
    def summary(self) -> str:
        """First line of the docstring."""
        return self.docstring.partition("\n")[0]

    @property
    def docstring(self) -> str:
        """The docstring of the class or function, without indentation."""
        return inspect.getdoc(_unwrapped(self.target)) or ""

    def options(self) -> dict[str, Option]:
        """Return the options by name, in the order of the constructor.

        ``**kwargs`` that a constructor passes on are followed along its class hierarchy.
        """
        return {option.name: option for option in _options(self.target)}


class Family(Protocol):
    """Parts of another toolkit, found by a common prefix."""

    def names(self) -> Sequence[str]:
        """Return the names, without the prefix."""

    def find(self, name: str) -> Callable[..., Any] | None:
        """Return the part of that name (without the prefix), or None.

        Raises:
            RefusedComponentError: If the toolkit has it but it does not fit.
            MissingExtraError: If the toolkit is not installed.
        """


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
    _searched: set[str] = field(default_factory=set)
    _origins: list[str] = field(default_factory=list)
    _plugins: dict[str, str] = field(default_factory=dict)
    _points: dict[str, tuple[EntryPoint, ...]] = field(default_factory=dict)

    def register(self, kind: str, name: str) -> Callable[[T], T]:
        """Return the decorator that registers a class or function under a name.

        Raises:
            RegistryError: If the kind is unknown or the name is not one word.
            DuplicateComponentError: If another component has the name.
        """
        self._check_kind(kind)
        if not name or any(letter.isspace() for letter in name):
            raise RegistryError(f"a {kind} needs a name of one word, not {name!r}")

        def decorate(target: T) -> T:
            self._add(Component(kind, name, target, self._origin(target), _place(target)))
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
        self._search_rooms(kind)
        self._load_entry_points(kind, name)
        if (kind, name) in self._components:
            return self._components[kind, name]
        for entry in self._families.get(kind, ()):
            if name.startswith(entry.prefix):
                target = entry.family.find(name.removeprefix(entry.prefix))
                if target is not None:
                    return Component(kind, name, target, entry.origin, _place(target))
        raise self._unknown(kind, name)

    def names(self, kind: str) -> dict[str, str]:
        """Return name → origin of all components of a kind, families last, importing no plugin."""
        self._search_rooms(kind)
        found = {name: c.origin for (k, name), c in sorted(self._components.items()) if k == kind}
        for point in self._entry_points(kind):
            found.setdefault(point.name, _distribution(point))
        for entry in self._families.get(kind, ()):
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
        self._search_rooms(kind)
        own = {name for k, name in self._components if k == kind}
        for name in sorted(own | {point.name for point in self._entry_points(kind)}):
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
        is_file = plugin.endswith(".py") or "/" in plugin
        path = (folder / Path(plugin).expanduser()).resolve() if is_file else None
        key = str(path or plugin)
        if key in self._plugins:
            return
        if path is not None and not path.is_file():
            raise PluginError(f"plugin {plugin} does not exist: no file {path}")
        for kind in self.rooms:  # a clash with a built-in name is then the plugin's, not the room's
            self._search_rooms(kind)
        before = len(self._components)
        with self._importing(f"plugin {plugin}"), _first_on_path(folder):
            try:
                _import_file(path) if path else importlib.import_module(plugin)
            except RegistryError:
                raise
            except (Exception, SystemExit) as error:
                cause = f"{type(error).__name__}: {error}"
                raise PluginError(f"plugin {plugin} cannot be imported: {cause}") from error
        registered = len(self._components) - before
        self._plugins[key] = f"{plugin} ({registered} component{'s' * (registered != 1)})"

    def _add(self, component: Component) -> None:
        key = component.kind, component.name
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
            near = get_close_matches(kind, KINDS, n=1)
            hint = f"; did you mean {near[0]!r}?" if near else "."
            raise RegistryError(
                f"unknown kind of component {kind!r}{hint} Kinds are {', '.join(KINDS)}"
            )

    def _search_rooms(self, kind: str) -> None:
        self._check_kind(kind)
        room = self.rooms.get(kind)
        if room is None or kind in self._searched:
            return
        self._searched.add(kind)
        package = importlib.import_module(room)
        for module in pkgutil.iter_modules(package.__path__, prefix=f"{room}."):
            importlib.import_module(module.name)

    def _entry_points(self, kind: str) -> tuple[EntryPoint, ...]:
        if kind not in self._points:  # reads the metadata of everything that is installed
            self._points[kind] = tuple(entry_points(group=f"crs_plugin.{kind}"))
        return self._points[kind]

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
            self._add(Component(kind, name, target, origin, _place(target)))

    def _unknown(self, kind: str, name: str) -> UnknownComponentError:
        names = self.names(kind)
        near = get_close_matches(name, names, n=1)
        suggestion = near[0] if near else None
        hint = f"; did you mean {suggestion!r}?" if suggestion else "."
        by_origin: dict[str, list[str]] = {}
        for known, origin in names.items():
            by_origin.setdefault(origin, []).append(known)
        listed = "; ".join(f"from {o}: {_shortened(n)}" for o, n in by_origin.items()) or "none"
        plugins = ", ".join(self._plugins.values()) or "none"
        return UnknownComponentError(
            f"unknown {kind} {name!r}{hint} Known are {listed}."
            f" Plugins imported: {plugins}. One of your own is found when the recipe lists"
            " its file or module under 'plugins:'",
            suggestion,
        )

    def _origin(self, target: Callable[..., Any]) -> str:
        if self._origins:
            return self._origins[-1]
        return str(getattr(target, "__module__", "")).partition(".")[0] or "unknown"

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


def _unwrapped(target: Callable[..., Any]) -> Callable[..., Any]:
    while isinstance(target, partial):
        target = target.func
    return target


def _place(target: Callable[..., Any]) -> str:
    return _source(inspect.unwrap(_unwrapped(target)))


@cache  # a family's thousand names may be one function
def _source(target: Callable[..., Any]) -> str:
    try:
        return f"{inspect.getsourcefile(target)}:{inspect.getsourcelines(target)[1]}"
    except (OSError, TypeError):
        return str(getattr(target, "__module__", "?"))


def _distribution(point: EntryPoint) -> str:
    return f"{point.dist.name} {point.dist.version}" if point.dist else point.value


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


@contextmanager
def _first_on_path(folder: Path) -> Iterator[None]:
    sys.path.insert(0, str(folder))
    try:
        yield
    finally:
        sys.path.remove(str(folder))


def _shortened(names: Sequence[str], most: int = 30) -> str:
    more = f" … ({len(names)} in all)" if len(names) > most else ""
    return ", ".join(names[:most]) + more


def _options(target: Callable[..., Any]) -> Iterator[Option]:
    given = target.keywords if isinstance(target, partial) else {}
    signature_owner = target if isinstance(target, partial) else _unwrapped(target)
    seen: set[str] = set()
    for owner in _constructors(signature_owner):
        hints = _type_hints(owner)
        parameters = list(inspect.signature(owner).parameters.values())
        if inspect.isfunction(owner) and inspect.isclass(signature_owner):
            parameters = parameters[1:]
        passes_on = False
        for parameter in parameters:
            if parameter.kind is parameter.VAR_KEYWORD:
                passes_on = True
            if (
                parameter.kind in (parameter.POSITIONAL_OR_KEYWORD, parameter.KEYWORD_ONLY)
                and parameter.name not in seen
                and parameter.name not in given
            ):
                seen.add(parameter.name)
                annotation = hints.get(parameter.name, Any)
                yield Option(parameter.name, annotation, parameter.default, _part(annotation))
        if not passes_on:
            return


def _constructors(target: Callable[..., Any]) -> list[Callable[..., Any]]:
    if not inspect.isclass(target):
        return [target]
    inits = [vars(cls)["__init__"] for cls in target.__mro__ if "__init__" in vars(cls)]
    return [init for init in inits if init is not object.__init__ and inspect.isfunction(init)]


def _type_hints(owner: Callable[..., Any]) -> dict[str, Any]:
    try:
        return typing.get_type_hints(_unwrapped(owner), include_extras=True)
    except (NameError, TypeError):
        return {}


def _part(annotation: Any) -> Part | None:
    marks = getattr(annotation, "__metadata__", ())
    return next((mark for mark in marks if isinstance(mark, Part)), None)
