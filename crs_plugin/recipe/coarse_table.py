"""The fine → coarse table of a recipe."""

from collections.abc import Callable, Mapping

from crs_plugin.did_you_mean import did_you_mean_clause
from crs_plugin.expressions import (
    COARSE_CLASSES,
    CoarseTable,
    UnknownExpressionError,
    canonical_expression,
)
from crs_plugin.recipe.layout import COARSE_TABLES
from crs_plugin.recipe.problem import Findings
from crs_plugin.recipe.reading import add_mismatch
from crs_plugin.recipe.tree import Node, joined

_EXPECTED = "default, fine, or a table {happiness: positive, …}"


def read_coarse_table(node: Node, key: str, findings: Findings) -> CoarseTable | None:
    """Read a table, or the name of one.

    Args:
        node: What is written.
        key: Its dotted key.
        findings: Gets the problems.

    Returns:
        None if there is a problem.
    """
    before = len(findings.problems)
    table = _table(node, key, findings)
    return table if len(findings.problems) == before else None


def _table(node: Node, key: str, findings: Findings) -> CoarseTable | None:
    if isinstance(node.value, str):
        named: Mapping[str, Callable[[], CoarseTable]] = {
            "default": CoarseTable.default,
            "fine": CoarseTable.fine,
        }
        if node.value in named:
            return named[node.value]()
        add_mismatch(
            findings, node, key, _EXPECTED + did_you_mean_clause(node.value, COARSE_TABLES)
        )
        return None
    if not isinstance(node.value, dict) or not node.value:
        add_mismatch(findings, node, key, _EXPECTED)
        return None
    return CoarseTable.from_mapping(_rows(node, key, findings))


def _rows(node: Node, key: str, findings: Findings) -> dict[str, str]:
    rows: dict[str, str] = {}
    written: dict[str, str] = {}
    for label, child in node.mapping.items():
        inner = joined(key, label)
        try:
            expression = canonical_expression(label)
        except UnknownExpressionError as error:
            message = _turned_round(label, child) or str(error)
            findings.add(child.place, inner, message)
            continue
        if expression in written:
            message = f"duplicate row: {written[expression]!r} is the same expression"
            findings.add(child.place, inner, f"{message}, {expression}; remove one")
        elif isinstance(child.value, str) and child.value:
            rows[expression] = child.value
        elif isinstance(child.value, list) and (turned := _turned_round(label, child)):
            findings.add(child.place, inner, turned)
        elif child.value is not None:
            add_mismatch(findings, child, inner, "the name of a coarse class")
        written.setdefault(expression, label)
    return rows


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
