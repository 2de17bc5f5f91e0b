"""A component: a class or function whose options are its typed keyword arguments."""

import inspect
import typing
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache, partial
from typing import Any


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


def _unwrapped(target: Callable[..., Any]) -> Callable[..., Any]:
    while isinstance(target, partial):
        target = target.func
    return target


def place_of(target: Callable[..., Any]) -> str:
    """Return ``file:line`` of a definition, or its module where there is no source."""
    return _source(inspect.unwrap(_unwrapped(target)))


@cache  # a family's thousand names may be one function
def _source(target: Callable[..., Any]) -> str:
    try:
        return f"{inspect.getsourcefile(target)}:{inspect.getsourcelines(target)[1]}"
    except (OSError, TypeError):
        return str(getattr(target, "__module__", "?"))


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
