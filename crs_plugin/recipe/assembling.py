"""From the tree of a recipe to its parts, noting everything that is wrong on the way."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from crs_plugin.expressions import (
    COARSE_CLASSES,
    CoarseTable,
    UnknownExpressionError,
    canonical_expression,
)
from crs_plugin.recipe.layout import (
    COARSE_TABLES,
    KEYS,
    ON_BAD_IMAGE,
    ON_LEAK,
    ROLES,
    SECTIONS,
    filled_in,
    training_settings,
)
from crs_plugin.recipe.option_types import converted, plain_with_paths
from crs_plugin.recipe.option_words import option_words
from crs_plugin.recipe.problem import Findings, did_you_mean, listed
from crs_plugin.recipe.reading import described
from crs_plugin.recipe.spec import Spec, TermSpec
from crs_plugin.recipe.tree import Node, joined, plain
from crs_plugin.registry import (
    Component,
    Option,
    Part,
    Registry,
    RegistryError,
    UnknownComponentError,
)


@dataclass
class Assembly:
    """Reads the parts of a recipe out of its tree.

    A part that cannot be read is left out; ``findings`` says why.

    Attributes:
        registry: Where components are looked up.
        findings: Gets the problems.
        labels: The coarse table, once read; class weights are checked against it if it is right.
        located: Dotted key → nodes whose paths were made absolute.
    """

    registry: Registry
    findings: Findings
    labels: CoarseTable = field(default_factory=CoarseTable.default)
    located: dict[str, Node] = field(default_factory=dict)
    _failed_plugins: list[str] = field(default_factory=list)
    _labels_are_wrong: bool = False

    def check_keys(self, tree: Node) -> None:
        """Note keys that no recipe has, and sections that every recipe needs."""
        for key, child in tree.mapping.items():
            if key not in KEYS:
                self.findings.add(child.place, key, _unknown("key", key, (*KEYS, "extends")))
        required = ["name", *(key for key, section in SECTIONS.items() if section.required)]
        for key in required:
            if _absent(tree, key):
                what = SECTIONS[key].meaning if key in SECTIONS else "A name for the recipe."
                self.findings.add(tree.place, key, f"missing: every recipe needs it. {what}")

    def text(self, tree: Node, key: str) -> str:
        """Read a text."""
        node = tree.mapping.get(key)
        if node is None or node.value is None:
            return ""
        if not isinstance(node.value, str) or not node.value.strip():
            self._mismatch(node, key, "text")
            return ""
        return node.value

    def name(self, tree: Node) -> str:
        """Read the recipe's name, which is that of a folder as well."""
        name = self.text(tree, "name")
        if name and (Path(name).name != name or name in (".", "..")):
            self._mismatch(tree.mapping["name"], "name", "a name that a folder can have, without /")
        return name

    def seed(self, tree: Node) -> int:
        """Read the seed."""
        node = tree.mapping["seed"]
        if not isinstance(node.value, int) or isinstance(node.value, bool):
            self._mismatch(node, "seed", "a whole number")
        elif not 0 <= node.value < 2**32:
            self._mismatch(node, "seed", "a number from 0 to 2³² - 1")
        else:
            return node.value
        return 0

    def on_bad_image(self, tree: Node) -> Any:
        """Read what happens to images that cannot be read."""
        return self._choice(tree, "on_bad_image", ON_BAD_IMAGE)

    def on_leak(self, tree: Node) -> Any:
        """Read what happens if the pre-training data hold what is tested."""
        return self._choice(tree, "on_leak", ON_LEAK)

    def plugins(self, tree: Node) -> tuple[str, ...]:
        """Import the plugins, so that their components are known."""
        node = tree.mapping.get("plugins")
        if node is None or node.value is None:
            return ()
        if not isinstance(node.value, list):
            self._mismatch(node, "plugins", "a list of modules or .py files")
            return ()
        plugins = []
        for index, item in enumerate(node.value):
            key = joined("plugins", index)
            if not isinstance(item.value, str):
                self._mismatch(item, key, "a module or a .py file")
                continue
            path = _plugin_file(item.value, item.place.folder)
            plugin = str(path or item.value)
            self.located[key] = Node(plugin, item.place)
            plugins.append(plugin)
            try:
                if path:  # whose own imports start from its folder, wherever the recipe is
                    self.registry.load_plugin(f"./{path.name}", path.parent)
                else:
                    self.registry.load_plugin(plugin, item.place.folder)
            except RegistryError as error:
                self._failed_plugins.append(item.value)
                self.findings.add(item.place, key, str(error))
        return tuple(plugins)

    def coarse_table(self, tree: Node) -> CoarseTable:
        """Read the fine → coarse table."""
        node = tree.mapping["labels"]
        if not isinstance(node.value, dict):
            self._mismatch(node, "labels", "a mapping, such as {coarse: default}")
            return self.labels
        for key, child in node.value.items():
            if key != "coarse":
                message = _unknown("key", key, ["coarse"])
                self.findings.add(child.place, joined("labels", key), message)
        table = node.value.get("coarse")
        before = len(self.findings.problems)
        if table is not None:
            self.labels = self._table(table)
        self._labels_are_wrong = len(self.findings.problems) > before
        return self.labels

    def excluded(self, tree: Node) -> dict[str, str]:
        """Read the expressions that pre-training is not to see, with their places."""
        node = tree.mapping.get("exclude_expressions")
        if node is None or node.value is None:
            return {}
        if not isinstance(node.value, list):
            self._mismatch(node, "exclude_expressions", "a list of expressions, such as [fear]")
            return {}
        named: dict[str, str] = {}
        places: dict[str, str] = {}
        for index, item in enumerate(node.value):
            key = joined("exclude_expressions", index)
            if not isinstance(item.value, str):
                self._mismatch(item, key, "the name of an expression")
                continue
            try:
                expression = canonical_expression(item.value)
            except UnknownExpressionError as error:
                self.findings.add(item.place, key, str(error))
                continue
            if expression in named:
                message = f"named twice: {named[expression]!r} is the same expression; remove one"
                self.findings.add(item.place, key, message)
            named.setdefault(expression, item.value)
            places.setdefault(expression, str(item.place))
        return places

    def one(self, tree: Node, key: str) -> Spec | None:
        """Read a section that holds one component."""
        node = tree.mapping.get(key)
        if node is None or node.value is None:
            return None
        return self._spec(SECTIONS[key].kind, node, key)

    def alone(self, kind: str, node: Node) -> Spec | None:
        """Read a component that stands in no recipe."""
        return self._spec(kind, node, "")

    def several(self, tree: Node, key: str) -> tuple[Spec, ...]:
        """Read a section that holds a list of components, or just one where that is allowed."""
        node = tree.mapping.get(key)
        if node is None or node.value is None:
            return ()
        section = SECTIONS[key]
        if section.form == "one or more" and not isinstance(node.value, list):
            spec = self._spec(section.kind, node, key)
            return (spec,) if spec else ()
        if section.form == "one or more" and not node.value:
            self._mismatch(node, key, f"at least one {section.kind}")
        return self._specs(section.kind, node, key)

    def heads(self, tree: Node) -> dict[str, Spec]:
        """Read the heads by role."""
        node = tree.mapping.get("heads")
        if node is None or node.value is None:
            return {}
        if not isinstance(node.value, dict):
            self._mismatch(node, "heads", f"a mapping with the keys {listed(list(ROLES))}")
            return {}
        heads: dict[str, Spec] = {}
        for role, child in node.value.items():
            key = joined("heads", role)
            if role not in ROLES:
                self.findings.add(child.place, key, _unknown("head", role, ROLES))
            elif child.value is not None:
                spec = self._spec("head", child, key, role=role)
                heads |= {role: spec} if spec else {}
        return heads

    def terms(self, tree: Node) -> tuple[TermSpec, ...]:
        """Read the objective."""
        node = tree.mapping.get("objective")
        if node is None or node.value is None:
            return ()
        if not isinstance(node.value, list) or not node.value:
            example = "a list of terms, each - {name: …, weight: 1.0, …}"
            self._mismatch(node, "objective", example)
            return ()
        terms = []
        for index, item in enumerate(node.value):
            key = joined("objective", index)
            children = dict(item.mapping)
            weight = self._weight(children.pop("weight", None), joined(key, "weight"))
            rest = Node(children, item.place) if isinstance(item.value, dict) else item
            spec = self._spec("loss", rest, key)
            if spec:
                terms.append(TermSpec(spec, weight))
        return tuple(terms)

    def training(self, tree: Node) -> Any:
        """Read the training settings; None if they cannot be."""
        node = tree.mapping.get("training") or Node({}, tree.place)
        if not isinstance(node.value, dict):
            self._mismatch(node, "training", "a mapping")
            return None
        before = len(self.findings.problems)
        settings = training_settings()
        options = self._options(settings, node, "training", skip=())
        if len(self.findings.problems) > before:
            return None
        try:
            return settings.target(**options)
        except ValueError as error:
            self.findings.add(node.place, "training", str(error))
            return None

    def values(self, tree: Node) -> dict[str, Any]:
        """Return the plain values in the order of a recipe, with paths made absolute."""
        return {
            key: plain(self._with_located(tree.mapping[key], key))
            for key in KEYS
            if not _absent(tree, key)
        }

    def _with_located(self, node: Node, key: str) -> Node:
        node = self.located.get(key, node)
        if isinstance(node.value, dict):
            children = {k: self._with_located(c, joined(key, k)) for k, c in node.value.items()}
            return Node(children, node.place)
        if isinstance(node.value, list):
            items = [self._with_located(c, joined(key, i)) for i, c in enumerate(node.value)]
            return Node(items, node.place)
        return node

    def _specs(self, kind: str, node: Node, key: str) -> tuple[Spec, ...]:
        if not isinstance(node.value, list):
            self._mismatch(node, key, f"a list: - {{name: …}} for each {kind}")
            return ()
        found = (self._spec(kind, item, joined(key, i)) for i, item in enumerate(node.value))
        return tuple(spec for spec in found if spec)

    def _spec(self, kind: str, node: Node, key: str, *, role: str = "") -> Spec | None:
        component = self._component(kind, node, key)
        if component is None:
            return None
        options = self._options(component, node, key, role=role)
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
            self._mismatch(node, key, f"a mapping with the name of a {kind}{hint}")
            return None
        name = node.value.get("name")
        if name is None:
            known = listed(list(self.registry.names(kind))[:10])
            message = f"missing: the name of a {kind}, such as {known}"
            self.findings.add(node.place, joined(key, "name"), message)
            return None
        if not isinstance(name.value, str):
            self._mismatch(name, joined(key, "name"), f"the name of a {kind}")
            return None
        try:
            return self.registry.get(kind, name.value)
        except RegistryError as error:
            message = str(error)
            if isinstance(error, UnknownComponentError) and self._failed_plugins:
                message += f". It may come from {listed(self._failed_plugins)}, which failed"
            self.findings.add(name.place, joined(key, "name"), message)
            return None

    def _options(
        self,
        component: Component,
        node: Node,
        key: str,
        *,
        role: str = "",
        skip: tuple[str, ...] = ("name",),
    ) -> dict[str, Any]:
        options = component.options()
        given: dict[str, Any] = {}
        for name, child in node.mapping.items():
            if name in skip:
                continue
            inner = joined(key, name)
            if name in options:
                given[name] = self._value(options[name], child, inner)
            else:
                hint = did_you_mean(name, options, ".")
                message = f"{_called(component)} has no option {name!r}{hint}"
                known = f"Its options are {listed(list(options))}"
                self.findings.add(child.place, inner, f"{message} {known}")
        for name, option in options.items():
            if (
                option.required
                and name not in given
                and name not in filled_in(component.kind, role)
            ):
                message = f"missing: {_called(component)} needs it: {option_words(option)}"
                self.findings.add(node.place, joined(key, name), message)
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
            return self._specs(part.kind, node, key)
        if part.shorthand and isinstance(node.value, dict) and "name" not in node.value:
            return self._short(part.kind, part.shorthand, node, key)
        return self._spec(part.kind, node, key)

    def _short(self, kind: str, shorthand: tuple[str, str], node: Node, key: str) -> Spec | None:
        name, option_name = shorthand
        component = self.registry.get(kind, name)
        value = self._value(component.options()[option_name], node, key)
        if kind == "class_weights":
            self._check_class_names(node, key)
        return Spec(kind, name, {option_name: value}, str(node.place), key, self.registry)

    def _check_class_names(self, node: Node | None, key: str) -> None:
        classes = self.labels.classes
        for name, child in node.mapping.items() if node else ():
            if name not in classes and not self._labels_are_wrong:
                hint = did_you_mean(name, classes, ".")
                message = f"no coarse class is named {name!r}{hint} Classes: {listed(classes)}"
                self.findings.add(child.place, joined(key, name), message)

    def _table(self, node: Node) -> CoarseTable:
        key = "labels.coarse"
        if isinstance(node.value, str):
            named: Mapping[str, Callable[[], CoarseTable]] = {
                "default": CoarseTable.default,
                "fine": CoarseTable.fine,
            }
            if node.value in named:
                return named[node.value]()
            hint = did_you_mean(node.value, COARSE_TABLES)
            self._mismatch(node, key, f"default, fine, or a table {{happiness: positive, …}}{hint}")
            return self.labels
        if not isinstance(node.value, dict) or not node.value:
            self._mismatch(node, key, "default, fine, or a table {happiness: positive, …}")
            return self.labels
        return CoarseTable.from_mapping(self._rows(node, key)) or self.labels

    def _rows(self, node: Node, key: str) -> dict[str, str]:
        rows: dict[str, str] = {}
        written: dict[str, str] = {}
        for label, child in node.mapping.items():
            inner = joined(key, label)
            try:
                expression = canonical_expression(label)
            except UnknownExpressionError as error:
                message = _turned_round(label, child) or str(error)
                self.findings.add(child.place, inner, message)
                continue
            if expression in written:
                message = f"duplicate row: {written[expression]!r} is the same expression"
                self.findings.add(child.place, inner, f"{message}, {expression}; remove one")
            elif isinstance(child.value, str) and child.value:
                rows[expression] = child.value
            elif isinstance(child.value, list) and (turned := _turned_round(label, child)):
                self.findings.add(child.place, inner, turned)
            elif child.value is not None:
                self._mismatch(child, inner, "the name of a coarse class")
            written.setdefault(expression, label)
        return rows

    def _weight(self, node: Node | None, key: str) -> float:
        if node is None:
            return 1.0
        value = node.value
        if isinstance(value, bool) or not isinstance(value, int | float):
            self._mismatch(node, key, "a number")
        elif not 0 <= value < float("inf"):
            self._mismatch(node, key, "a finite number ≥ 0")
        else:
            return float(value)
        return 1.0

    def _choice(self, tree: Node, key: str, choices: tuple[str, ...]) -> Any:
        """Read one of several words; the first of them if none is given."""
        node = tree.mapping.get(key)
        if node is None or node.value is None:
            return choices[0]
        if node.value not in choices:
            hint = did_you_mean(node.value, choices) if isinstance(node.value, str) else ""
            self._mismatch(node, key, f"{' or '.join(choices)}{hint}")
        return node.value

    def _mismatch(self, node: Node, key: str, expected: str) -> None:
        found = described(plain(node))
        self.findings.add(node.place, key, f"found {found}, expected {expected}")


def _absent(tree: Node, key: str) -> bool:
    return key not in tree.mapping or tree.mapping[key].value is None


def _called(component: Component) -> str:
    return (
        component.kind if component.kind == "training" else f"{component.kind} {component.name!r}"
    )


def _unknown(what: str, word: str, known: Iterable[str]) -> str:
    words = list(known)
    return f"unknown {what} {word!r}{did_you_mean(word, words, '.')} Known are {listed(words)}"


def _turned_round(coarse: str, node: Node) -> str:
    """What to say of a row coarse → fine; nothing, if it is none."""
    labels = [item.value for item in node.items] or [node.value]
    if node.value in COARSE_CLASSES:  # two of which are expressions as well
        return ""
    rows = []
    for label in labels:
        try:
            rows.append(f"{canonical_expression(str(label))}: {coarse}")
        except UnknownExpressionError:
            return ""
    return f"the table goes from expression to coarse class; write {', '.join(rows)}"


def _plugin_file(plugin: str, folder: Path) -> Path | None:
    """The file that a plugin means: given as a path, or a module beside the recipe."""
    if plugin.endswith(".py") or "/" in plugin:
        return (folder / Path(plugin).expanduser()).resolve()
    beside = folder / f"{plugin}.py"
    return beside.resolve() if beside.is_file() else None
