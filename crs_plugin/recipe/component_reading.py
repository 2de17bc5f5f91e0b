"""From a mapping in a recipe to a component with its options, noting everything that is wrong."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from crs_plugin.did_you_mean import did_you_mean_clause
from crs_plugin.recipe.layout import filled_in
from crs_plugin.recipe.option_types import converted, plain_with_paths
from crs_plugin.recipe.option_words import option_words
from crs_plugin.recipe.problem import Findings, listed
from crs_plugin.recipe.reading import add_mismatch
from crs_plugin.recipe.spec import Spec
from crs_plugin.recipe.tree import Node, joined
from crs_plugin.registry import (
    Component,
    Option,
    Part,
    Registry,
    RegistryError,
    UnknownComponentError,
)


@dataclass
class ComponentReader:
    """Reads components and their options.

    A component that cannot be read is left out; ``findings`` says why.

    Attributes:
        registry: Where components are looked up.
        findings: Gets the problems.
        coarse_classes: The coarse classes, against which class weights are checked; None where they
            are not known.
        located: Dotted key → nodes whose paths were made absolute.
        failed_plugins: Plugins that an unknown component may come from.
    """

    registry: Registry
    findings: Findings
    coarse_classes: tuple[str, ...] | None
    located: dict[str, Node] = field(default_factory=dict)
    failed_plugins: list[str] = field(default_factory=list)

    def several(self, kind: str, node: Node, key: str) -> tuple[Spec, ...]:
        """Read a list of components of a kind; ``key`` is its dotted key."""
        if not isinstance(node.value, list):
            add_mismatch(self.findings, node, key, f"a list: - {{name: …}} for each {kind}")
            return ()
        found = (self.one(kind, item, joined(key, i)) for i, item in enumerate(node.value))
        return tuple(spec for spec in found if spec)

    def one(
        self, kind: str, node: Node, key: str, *, role: str = "", beside: Sequence[str] = ()
    ) -> Spec | None:
        """Read a component, which is a mapping with a name.

        Args:
            kind: Its kind.
            node: The mapping.
            key: Its dotted key.
            role: What it is for, if that says which options are filled in.
            beside: Keys that may stand beside its options, and are read elsewhere.
        """
        component = self._component(kind, node, key)
        if component is None:
            return None
        options = self.options(component, node, key, role=role, beside=beside)
        if kind == "class_weights":
            for name in ("weights", "class_counts"):
                self._check_class_names(node.mapping.get(name), joined(key, name))
        places = {name: str(node.mapping[name].place) for name in options}
        chosen = node.mapping["name"].place  # elsewhere than the rest, if it was set or inherited
        place = node.place if chosen.source == node.place.source else chosen
        return Spec(kind, component.name, options, str(place), key, self.registry, places)

    def _component(self, kind: str, node: Node, key: str) -> Component | None:
        if not isinstance(node.value, dict):
            hint = f"; write {{name: {node.value}}}" if isinstance(node.value, str) else ""
            add_mismatch(self.findings, node, key, f"a mapping with the name of the {kind}{hint}")
            return None
        name = node.value.get("name")
        if name is None:
            known = listed(list(self.registry.names(kind))[:10])
            message = f"missing: the name of the {kind}, such as {known}"
            self.findings.add(node.place, joined(key, "name"), message)
            return None
        if not isinstance(name.value, str):
            add_mismatch(self.findings, name, joined(key, "name"), f"the name of the {kind}")
            return None
        try:
            return self.registry.get(kind, name.value)
        except RegistryError as error:
            message = str(error)
            if isinstance(error, UnknownComponentError) and self.failed_plugins:
                message += f". It may come from {listed(self.failed_plugins)}, which failed"
            self.findings.add(name.place, joined(key, "name"), message)
            return None

    def options(
        self,
        component: Component,
        node: Node,
        key: str,
        *,
        role: str = "",
        skip: tuple[str, ...] = ("name",),
        beside: Sequence[str] = (),
    ) -> dict[str, Any]:
        """Read the options of a component, and note those that it lacks or does not have.

        Args:
            component: Has the options.
            node: The mapping that gives them.
            key: Its dotted key.
            role: As for ``one``.
            skip: Keys that are no options.
            beside: As for ``one``.
        """
        options = component.options()
        given: dict[str, Any] = {}
        for name, child in node.mapping.items():
            if name in skip:
                continue
            inner = joined(key, name)
            if name in options:
                given[name] = self._value(options[name], child, inner)
            else:
                known_keys = [*options, *beside]
                hint = did_you_mean_clause(name, known_keys, ".")
                message = f"{_called(component)} has no option {name!r}{hint}"
                known = f"Its options are {listed(known_keys)}"
                self.findings.add(child.place, inner, f"{message} {known}")
        for name, option in options.items():
            if (
                option.required
                and name not in given
                and name not in filled_in(component.kind, role)
            ):
                inner = joined(key, name)
                message = f"missing: {_called(component)} needs it: {option_words(option)}"
                if not node.place.source:  # it stands in no recipe, see ``one_component``
                    message += f"; give it with --set {inner}=VALUE"
                self.findings.add(node.place, inner, message)
        return given

    def _value(self, option: Option, node: Node, key: str) -> Any:
        if option.part:
            return self._part(option, option.part, node, key)
        value, located = plain_with_paths(node, option)
        if located is not node:
            self.located[key] = located
        result, mismatches = converted(option, value)
        for mismatch in mismatches:
            where, inner = node, key
            for step in mismatch.path:
                where = where.items[step] if isinstance(step, int) else where.mapping[step]
                inner = joined(inner, step)
            self.findings.add(where.place, inner, mismatch.message)
        return result

    def _part(self, option: Option, part: Part, node: Node, key: str) -> Any:
        if node.value is None and not option.required:
            return None
        if part.many or (part.kind == "dataset" and isinstance(node.value, list)):
            return self.several(part.kind, node, key)
        if part.shorthand and isinstance(node.value, dict) and "name" not in node.value:
            return self._short(part.kind, part.shorthand, node, key)
        return self.one(part.kind, node, key)

    def _short(self, kind: str, shorthand: tuple[str, str], node: Node, key: str) -> Spec | None:
        name, option_name = shorthand
        component = self.registry.get(kind, name)
        value = self._value(component.options()[option_name], node, key)
        if kind == "class_weights":
            self._check_class_names(node, key)
        return Spec(kind, name, {option_name: value}, str(node.place), key, self.registry)

    def _check_class_names(self, node: Node | None, key: str) -> None:
        classes = self.coarse_classes
        for name, child in node.mapping.items() if node else ():
            if classes is not None and name not in classes:
                hint = did_you_mean_clause(name, classes, ".")
                message = f"no coarse class is named {name!r}{hint} Classes: {listed(classes)}"
                self.findings.add(child.place, joined(key, name), message)


def _called(component: Component) -> str:
    return (
        component.kind if component.kind == "training" else f"{component.kind} {component.name!r}"
    )
