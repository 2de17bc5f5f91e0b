"""Parts of other toolkits, as components: their classes by name, their options by constructor."""

import inspect
from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from typing import Annotated, Any, ClassVar, Literal

from crs_plugin.registry import Component, Option, Part, RefusedComponentError


class ToolkitParts:
    """A registry family made of the classes of another toolkit's module.

    Subclasses say which module, and what does not fit. The toolkit is imported on first use.

    Attributes:
        toolkit: Name of the toolkit, for messages.
        module: Its module; the classes that can be imported from it are the parts.
        base: Name of the class in that module that parts derive from; None: any ``nn.Module``.
        refused: Class name → why it does not fit in here.
        hidden: Options that cannot be given: ``option`` of every class that has it, or
            ``Class.option``. A constructor along the hierarchy may name an option that a
            subclass fixes.
        components: Option → the kind of component that it holds.
        by_name: Option that holds an object → module of the classes that it can be, given by name
            and built without options.
        positional: Parameters that the host hands in, before the options.
    """

    toolkit: ClassVar[str]
    module: ClassVar[str]
    base: ClassVar[str | None] = None
    refused: ClassVar[Mapping[str, str]] = {}
    hidden: ClassVar[frozenset[str]] = frozenset()
    components: ClassVar[Mapping[str, str]] = {}
    by_name: ClassVar[Mapping[str, str]] = {}
    positional: ClassVar[tuple[str, ...]] = ()

    def names(self) -> Sequence[str]:
        """Return the names of the classes that fit."""
        return [name for name, part in self.classes().items() if self.refusal(part) is None]

    def find(self, name: str) -> Callable[..., Any] | None:
        """Return what builds the part of that name, with the options as its signature.

        Raises:
            RefusedComponentError: If the toolkit has it, but it does not fit in here.
        """
        part = self.classes().get(name)
        if part is None:
            return None
        reason = self.refusal(part)
        if reason is not None:
            raise RefusedComponentError(f"{self.toolkit}'s {name} cannot be used here: {reason}")
        return self._builder(part)

    def classes(self) -> dict[str, type]:
        """Return all public classes of the module by name, whether they fit or not."""
        members = vars(import_module(self.module))
        return {
            name: member
            for name, member in members.items()
            if isinstance(member, type) and not name.startswith("_")
        }

    def refusal(self, part: type) -> str | None:
        """Return why a class does not fit, or None if it does."""
        if part.__name__ in self.refused:
            return self.refused[part.__name__]
        if self.base is not None:
            base = getattr(import_module(self.module), self.base)
            if part is base or not issubclass(part, base):
                return f"it is no {self.base} that can be built by itself"
        return None

    def build(self, part: type, *given: Any, **options: Any) -> Any:
        """Return the part with these options; ``given`` is what the host hands in."""
        return part(*given, **options)

    def options(self, part: type) -> list[Option]:
        """Return the options of a class, those of its constructors along the hierarchy."""
        kept = []
        for option in Component("", part.__name__, part, self.toolkit, "").options().values():
            if {option.name, f"{part.__name__}.{option.name}"} & self.hidden:
                continue
            if option.name not in self.positional:
                kept.append(Option(option.name, self._annotation(option), option.default))
        return kept

    def _annotation(self, option: Option) -> Any:
        if option.name in self.components:
            return Annotated[Any, Part(self.components[option.name])]
        if option.name in self.by_name:
            names = tuple(sorted(_buildable_classes(self.by_name[option.name])))
            return Literal[names] | None
        return option.annotation

    def _builder(self, part: type) -> Callable[..., Any]:
        """Return a function whose signature is what the part takes, and nothing else."""
        options = self.options(part)

        def builder(*given: Any, **chosen: Any) -> Any:
            signature.bind(*given, **chosen)
            for name, home in self.by_name.items():
                if isinstance(chosen.get(name), str):
                    chosen[name] = getattr(import_module(home), chosen[name])()
            return self.build(part, *given, **chosen)

        handed_in = [
            inspect.Parameter(name, inspect.Parameter.POSITIONAL_ONLY) for name in self.positional
        ]
        keywords = [
            inspect.Parameter(
                option.name,
                inspect.Parameter.KEYWORD_ONLY,
                default=option.default,
                annotation=option.annotation,
            )
            for option in options
        ]
        signature = inspect.Signature([*handed_in, *keywords], return_annotation=part)
        builder.__name__ = builder.__qualname__ = part.__name__
        builder.__module__ = part.__module__
        builder.__doc__ = _docstring(part, self.toolkit)
        builder.__annotations__ = {option.name: option.annotation for option in options}
        builder.__annotations__["return"] = part
        builder.__signature__ = signature  # type: ignore[attr-defined]
        builder.__wrapped__ = part  # type: ignore[attr-defined]
        return builder


def _buildable_classes(module: str) -> list[str]:
    """Return the names of the module's classes that can be built without options."""
    found = []
    for name, member in vars(import_module(module)).items():
        if isinstance(member, type) and not name.startswith("Base"):
            options = Component("", name, member, "", "").options().values()
            if not any(option.required for option in options):
                found.append(name)
    return found


def _docstring(part: type, toolkit: str) -> str:
    """Return a class's own docstring: not that of a base such as ``nn.Module``."""
    own = vars(part).get("__doc__")
    text = inspect.cleandoc(own) if own else ""
    if text and not text.startswith("Args:"):
        return text
    return f"{part.__name__} of {toolkit}.\n\n{text}".strip()
