"""From the tree of a recipe to its parts, noting everything that is wrong on the way."""

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from crs_plugin.did_you_mean import did_you_mean_clause
from crs_plugin.errors import InputError
from crs_plugin.expressions import CoarseTable, UnknownExpressionError, canonical_expression
from crs_plugin.recipe.coarse_table import read_coarse_table
from crs_plugin.recipe.component_reading import ComponentReader
from crs_plugin.recipe.layout import KEYS, ON_BAD_IMAGE, ON_LEAK, ROLES, SECTIONS, training_settings
from crs_plugin.recipe.problem import Findings, listed, unknown_word
from crs_plugin.recipe.reading import add_mismatch
from crs_plugin.recipe.spec import Spec, TermSpec
from crs_plugin.recipe.tree import Node, joined, plain
from crs_plugin.registry import Registry, RegistryError


@dataclass
class Assembly:
    """Reads the parts of a recipe out of its tree.

    A part that cannot be read is left out; ``findings`` says why.

    Attributes:
        registry: Where components are looked up.
        findings: Gets the problems.
        components: Reads the components.
    """

    registry: Registry
    findings: Findings
    components: ComponentReader = field(init=False)

    def __post_init__(self) -> None:
        default = CoarseTable.default()
        self.components = ComponentReader(self.registry, self.findings, default.classes)

    def check_keys(self, tree: Node) -> None:
        """Note keys that no recipe has, and sections that every recipe needs."""
        for key, child in tree.mapping.items():
            if key not in KEYS:
                self.findings.add(child.place, key, unknown_word("key", key, (*KEYS, "extends")))
        required = ["name", *(key for key, section in SECTIONS.items() if section.required)]
        for key in required:
            if _given(tree, key) is None:
                what = SECTIONS[key].meaning if key in SECTIONS else "A name for the recipe."
                place = tree.mapping[key].place if key in tree.mapping else tree.place
                self.findings.add(place, key, f"missing: every recipe needs it. {what}")

    def text(self, tree: Node, key: str) -> str:
        """Read a text."""
        node = _given(tree, key)
        if node is None:
            return ""
        if not isinstance(node.value, str) or not node.value.strip():
            add_mismatch(self.findings, node, key, "text")
            return ""
        return node.value

    def name(self, tree: Node) -> str:
        """Read the recipe's name, which is that of a folder as well."""
        name = self.text(tree, "name")
        if name and (Path(name).name != name or name in (".", "..")):
            add_mismatch(
                self.findings,
                tree.mapping["name"],
                "name",
                "a name that a folder can have, without /",
            )
        return name

    def seed(self, tree: Node) -> int:
        """Read the seed."""
        node = tree.mapping["seed"]
        if not isinstance(node.value, int) or isinstance(node.value, bool):
            add_mismatch(self.findings, node, "seed", "a whole number")
        elif not 0 <= node.value < 2**32:
            add_mismatch(self.findings, node, "seed", "a number from 0 to 2³² - 1")
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
        node = _given(tree, "plugins")
        if node is None:
            return ()
        if not isinstance(node.value, list):
            add_mismatch(self.findings, node, "plugins", "a list of modules or .py files")
            return ()
        plugins = []
        for index, item in enumerate(node.value):
            key = joined("plugins", index)
            if not isinstance(item.value, str):
                add_mismatch(self.findings, item, key, "a module or a .py file")
                continue
            path = _plugin_file(item.value, item.place.folder)
            plugin = str(path or item.value)
            self.components.located[key] = Node(plugin, item.place)
            plugins.append(plugin)
            try:
                if path:  # whose own imports start from its folder, wherever the recipe is
                    self.registry.load_plugin(f"./{path.name}", path.parent)
                else:
                    self.registry.load_plugin(plugin, item.place.folder)
            except RegistryError as error:
                self.components.failed_plugins.append(item.value)
                self.findings.add(item.place, key, str(error))
        return tuple(plugins)

    def coarse_table(self, tree: Node) -> CoarseTable:
        """Read the fine → coarse table, which class weights are checked against if it is right."""
        node, table = tree.mapping["labels"], CoarseTable.default()
        if not isinstance(node.value, dict):
            add_mismatch(self.findings, node, "labels", "a mapping, such as {coarse: default}")
            return table
        for key, child in node.value.items():
            if key != "coarse":
                message = unknown_word("key", key, ["coarse"])
                self.findings.add(child.place, joined("labels", key), message)
        if "coarse" not in node.value:
            return table
        found = read_coarse_table(node.value["coarse"], "labels.coarse", self.findings)
        self.components.coarse_classes = found.classes if found else None
        return found or table

    def excluded(self, tree: Node) -> dict[str, str]:
        """Read the expressions that pre-training is not to see, with their places."""
        node = _given(tree, "exclude_expressions")
        if node is None:
            return {}
        if not isinstance(node.value, list):
            add_mismatch(
                self.findings, node, "exclude_expressions", "a list of expressions, such as [fear]"
            )
            return {}
        named: dict[str, str] = {}
        places: dict[str, str] = {}
        for index, item in enumerate(node.value):
            key = joined("exclude_expressions", index)
            if not isinstance(item.value, str):
                add_mismatch(self.findings, item, key, "the name of an expression")
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
        node = _given(tree, key)
        if node is None:
            return None
        return self.components.one(SECTIONS[key].kind, node, key)

    def alone(self, kind: str, node: Node) -> Spec | None:
        """Read a component that stands in no recipe."""
        return self.components.one(kind, node, "")

    def several(self, tree: Node, key: str) -> tuple[Spec, ...]:
        """Read a section that holds a list of components, or just one where that is allowed."""
        node = _given(tree, key)
        if node is None:
            return ()
        section = SECTIONS[key]
        if section.form == "one or more" and not isinstance(node.value, list):
            spec = self.components.one(section.kind, node, key)
            return (spec,) if spec else ()
        if section.form == "one or more" and not node.value:
            add_mismatch(self.findings, node, key, f"at least one {section.kind}")
        return self.components.several(section.kind, node, key)

    def heads(self, tree: Node) -> dict[str, Spec]:
        """Read the heads by role."""
        node = _given(tree, "heads")
        if node is None:
            return {}
        if not isinstance(node.value, dict):
            add_mismatch(
                self.findings, node, "heads", f"a mapping with the keys {listed(list(ROLES))}"
            )
            return {}
        heads: dict[str, Spec] = {}
        for role, child in node.value.items():
            key = joined("heads", role)
            if role not in ROLES:
                self.findings.add(child.place, key, unknown_word("head", role, ROLES))
            elif child.value is not None:
                spec = self.components.one("head", child, key, role=role)
                heads |= {role: spec} if spec else {}
        return heads

    def terms(self, tree: Node) -> tuple[TermSpec, ...]:
        """Read the objective."""
        node = _given(tree, "objective")
        if node is None:
            return ()
        if not isinstance(node.value, list) or not node.value:
            example = "a list of terms, each - {name: …, weight: 1.0, …}"
            add_mismatch(self.findings, node, "objective", example)
            return ()
        terms = []
        for index, item in enumerate(node.value):
            key = joined("objective", index)
            children = dict(item.mapping)
            weight = self._weight(children.pop("weight", None), joined(key, "weight"))
            rest = Node(children, item.place) if isinstance(item.value, dict) else item
            spec = self.components.one("loss", rest, key, beside=("weight",))
            if spec:
                terms.append(TermSpec(spec, weight))
        return tuple(terms)

    def training(self, tree: Node) -> Any:
        """Read the training settings; None if they cannot be."""
        node = tree.mapping.get("training") or Node({}, tree.place)
        if not isinstance(node.value, dict):
            add_mismatch(self.findings, node, "training", "a mapping")
            return None
        before = len(self.findings.problems)
        settings = training_settings()
        options = self.components.options(settings, node, "training", skip=())
        if len(self.findings.problems) > before:
            return None
        try:
            return settings.target(**options)
        except InputError as error:
            self.findings.add(node.place, "training", str(error))
            return None

    def values(self, tree: Node) -> dict[str, Any]:
        """Return the plain values in the order of a recipe, with paths made absolute."""
        return {
            key: plain(self._with_located(tree.mapping[key], key))
            for key in KEYS
            if _given(tree, key) is not None
        }

    def _with_located(self, node: Node, key: str) -> Node:
        node = self.components.located.get(key, node)
        if isinstance(node.value, dict):
            children = {k: self._with_located(c, joined(key, k)) for k, c in node.value.items()}
            return Node(children, node.place)
        if isinstance(node.value, list):
            items = [self._with_located(c, joined(key, i)) for i, c in enumerate(node.value)]
            return Node(items, node.place)
        return node

    def _weight(self, node: Node | None, key: str) -> float:
        if node is None:
            return 1.0
        value = node.value
        if isinstance(value, bool) or not isinstance(value, int | float):
            add_mismatch(self.findings, node, key, "a number")
        elif not 0 <= value < float("inf"):
            add_mismatch(self.findings, node, key, "a finite number ≥ 0")
        else:
            return float(value)
        return 1.0

    def _choice(self, tree: Node, key: str, choices: tuple[str, ...]) -> Any:
        """Read one of several words; the first of them if none is given."""
        node = _given(tree, key)
        if node is None:
            return choices[0]
        if node.value not in choices:
            hint = did_you_mean_clause(node.value, choices) if isinstance(node.value, str) else ""
            add_mismatch(self.findings, node, key, f"{' or '.join(choices)}{hint}")
        return node.value


def _given(tree: Node, key: str) -> Node | None:
    """Return what a key has; None where it is left out or has nothing."""
    node = tree.mapping.get(key)
    return None if node is None or node.value is None else node


def _plugin_file(plugin: str, folder: Path) -> Path | None:
    """The file that a plugin means: given as a path, or a module beside the recipe."""
    if plugin.endswith(".py") or "/" in plugin:
        return (folder / os.path.expanduser(plugin)).resolve()
    beside = folder / f"{plugin}.py"
    return beside.resolve() if beside.is_file() else None
