"""A component as a recipe names it, checked and ready to be built."""

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from crs_plugin.errors import InputError
from crs_plugin.recipe.problem import Problem, RecipeError, cause
from crs_plugin.recipe.tree import joined
from crs_plugin.registry import Component, Option, Registry, RegistryError, registry


@dataclass(frozen=True)
class Spec:
    """One component of a recipe.

    Attributes:
        kind: Kind of the component.
        name: Its name.
        options: The options that were given, in the types that the component takes. An option that
            holds a component is a ``Spec`` itself, or a tuple of them.
        position: Where it stands: ``file:line:column``, ``--set …`` or ``default``.
        key: Dotted key of it in the recipe.
        registry: Where it is looked up.
        places: Option → where it stands, in the form of ``position``.
    """

    kind: str
    name: str
    options: Mapping[str, Any] = field(default_factory=dict)
    position: str = field(default="default", compare=False)
    key: str = field(default="", compare=False)
    registry: Registry = field(default_factory=lambda: registry, compare=False, repr=False)
    places: Mapping[str, str] = field(default_factory=dict, compare=False, repr=False)

    @property
    def component(self) -> Component:
        """The component that is meant."""
        return self.registry.get(self.kind, self.name)

    def build(self, *handed_in: Any, **filled_in: Any) -> Any:
        """Build the component, the components in its options first.

        An option that holds a data set becomes a callable without arguments that opens it (several
        are concatenated, unless the option holds a list of them), so that building opens no data.

        Args:
            *handed_in: What the host hands in: the arguments before ``/``.
            **filled_in: Values for options that were left out, by name (``input_dim``,
                ``class_names``, …); those that a component does not have are passed over. They
                reach the components inside as well.

        Returns:
            What the class or function returns. Options that were neither given nor filled in keep
            the component's defaults.

        Raises:
            RecipeError: If the component refuses its options; with its position, or that of the
                one option that the message speaks of.
        """
        component = self.component
        options = component.options()
        given = {
            key: _built(value, filled_in, apart=_holds_many(options.get(key)))
            for key, value in self.options.items()
        }
        left_out = {
            key: value for key, value in filled_in.items() if key in options and key not in given
        }
        try:
            return component.target(*handed_in, **given, **left_out)
        except RecipeError:
            raise
        except Exception as error:
            message = self._message(error)
            raise RecipeError([self.problem(message, self._option_in(message))]) from error

    @contextmanager
    def blamed(self, hint: str = "") -> Iterator[None]:
        """Turn whatever goes wrong in the block into a problem of this component.

        Args:
            hint: What may have to be changed, for the end of the message.

        Raises:
            RecipeError: If anything does.
        """
        try:
            yield
        except RecipeError:
            raise
        except Exception as error:
            raise RecipeError([self.problem(self._message(error) + hint)]) from error

    def problem(self, message: str, option: str = "") -> Problem:
        """Return a problem of the component, or of one of its options."""
        if option:
            place = self.places.get(option, self.position)
            return Problem(place, joined(self.key, option), message)
        return Problem(self.position, self.key, message)

    def _message(self, error: Exception) -> str:
        own = isinstance(error, InputError | RegistryError | TypeError | ValueError)
        message = str(error) if own else cause(error)
        called = "data set " if self.kind == "dataset" else f"{self.name}: "
        return message if message.startswith(called) else f"{self.kind} {self.name!r}: {message}"

    def _option_in(self, message: str) -> str:
        """The one option that a message quotes, or whose text it has; empty if it is not one."""
        found = []
        for name in self.places:
            value = self.options[name]
            text = str(value) if isinstance(value, str | Path) and value else repr(name)
            if repr(name) in message or re.search(rf"(?<!\w){re.escape(text)}(?!\w)", message):
                found.append(name)
        return found[0] if len(found) == 1 else ""


@dataclass(frozen=True)
class DataSource:
    """Opens data sets when called, several of them as one.

    Attributes:
        specs: The data sets.
    """

    specs: tuple[Spec, ...]

    def __call__(self) -> Any:
        """Open the data sets.

        Raises:
            RecipeError: If one cannot be used; with its position.
        """
        from crs_plugin.data.dataset import concatenate

        return concatenate([spec.build() for spec in self.specs])


@dataclass(frozen=True)
class TermSpec:
    """One term of the objective.

    Attributes:
        spec: The loss.
        weight: What its value is multiplied by.
    """

    spec: Spec
    weight: float = 1.0


def _holds_many(option: Option | None) -> bool:
    return option is not None and option.part is not None and option.part.many


def _built(value: Any, filled_in: Mapping[str, Any], *, apart: bool) -> Any:
    specs = _specs(value)
    if not specs:
        return value
    if specs[0].kind == "dataset":
        return tuple(DataSource((spec,)) for spec in specs) if apart else DataSource(specs)
    if isinstance(value, Spec):
        return value.build(**filled_in)
    return tuple(spec.build(**filled_in) for spec in specs)


def _specs(value: Any) -> tuple[Spec, ...]:
    if isinstance(value, Spec):
        return (value,)
    if isinstance(value, Sequence) and value and all(isinstance(v, Spec) for v in value):
        return tuple(value)
    return ()


def nested(spec: Spec) -> tuple[Spec, ...]:
    """Return a component and all components in its options, outermost first."""
    inner = (part for value in spec.options.values() for part in _specs(value))
    return (spec, *(below for part in inner for below in nested(part)))
