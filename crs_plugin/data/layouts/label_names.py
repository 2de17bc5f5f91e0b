"""From what a data set writes, labels and splits, to the names used here."""

from collections.abc import Iterable, Mapping, Sequence

from crs_plugin.data.dataset import DataError
from crs_plugin.did_you_mean import did_you_mean
from crs_plugin.expressions import (
    ALL_EXPRESSIONS,
    KNOWN_EXPRESSIONS,
    UnknownExpressionError,
    canonical_expression,
    expression_hint,
    fine_id,
)

_MOST_SHOWN = 20

_SPLITS: Mapping[str, str] = {
    "train": "train",
    "training": "train",
    "fer2013train": "train",
    "valid": "valid",
    "val": "valid",
    "validation": "valid",
    "dev": "valid",
    "publictest": "valid",
    "fer2013valid": "valid",
    "test": "test",
    "testing": "test",
    "privatetest": "test",
    "fer2013test": "test",
    "all": "all",
}


def split_name(text: str) -> str | None:
    """Return the split that a word stands for (``Training``, ``val`` …), or None."""
    return _SPLITS.get(text.strip().lower())


class LabelNames:
    """The labels of one data set, as fine ids.

    Args:
        table: A data set's own label → expression, or None for labels that are left out. A label
            that is not in the table has to be an expression's name or alias itself. A number, as
            YAML reads one, stands for its digits.
        option: Name of the option that holds the table, for messages.

    Raises:
        DataError: If the table names unknown expressions.
    """

    def __init__(self, table: Mapping[str | int, str | None] | None, option: str) -> None:
        self._option = option
        self._table: dict[str, int | None] = {}
        self._ids: dict[str, int | None] = {}
        self._unknown: list[tuple[str, str]] = []
        unknown = []
        for label, expression in (table or {}).items():
            fine = None if expression is None else _fine_id(expression)
            if expression is not None and fine is None:
                unknown.append((f"option {option!r}, label {str(label)!r}", expression))
            self._table[str(label)] = fine
        if unknown:
            raise DataError(_told(unknown))

    def __contains__(self, label: str) -> bool:
        """Whether the table has the label, or it is an expression's name or alias."""
        return label in self._table or _canonical(label) is not None

    def fine_id(self, label: str, where: str) -> int | None:
        """Return the fine id of a label, or None if it is to be left out.

        A label that nobody knows gives None as well; ``check`` tells all of them.

        Args:
            label: The label as written.
            where: ``file:line``, for the message.
        """
        if label not in self._ids:
            known = label in self._table
            self._ids[label] = self._table[label] if known else _fine_id(label)
            if not known and self._ids[label] is None:
                self._unknown.append((where, label))
        return self._ids[label]

    @property
    def meanings(self) -> dict[str, str | None]:
        """Each label that was asked for → its expression, None where it is left out."""
        return {
            label: None if fine is None else ALL_EXPRESSIONS[fine]
            for label, fine in self._ids.items()
        }

    def check(self, source: str) -> None:
        """Check the labels that were asked for, once all of them were.

        Args:
            source: The file or folder that they are from, for messages.

        Raises:
            DataError: If labels are unknown, or the table has labels that do not occur; the message
                has all of them and suggests the nearest.
        """
        problems = []
        if self._unknown:
            one = len(self._unknown) == 1
            it, each = ("it is", repr(self._unknown[0][1])) if one else ("they are", "each")
            problems.append(
                f"{_told(self._unknown)}. If {it} right, say with the option {self._option!r} what"
                f" {each} stands for (null leaves it out)"
            )
        unused = [label for label in self._table if label not in self._ids]
        if unused:
            named = _listed(f"{label!r}{did_you_mean(label, self._ids)}" for label in unused)
            verb = "is" if len(unused) == 1 else "are"
            problems.append(
                f"option {self._option!r} names {named}, which {verb} not in {source};"
                f" there are {_listed(self._ids)}"
            )
        if problems:
            raise DataError(". ".join(problems))


class PublishedLabels:
    """The labels that a data set was published with, as fine ids.

    Args:
        table: Label → canonical expression, or None for labels that are left out. A word may be
            spelt in any case, or as another name of an expression that the table has.
    """

    def __init__(self, table: Mapping[str, str | None]) -> None:
        self.table = table
        self._ids = {
            label.lower(): None if each is None else fine_id(each) for label, each in table.items()
        }
        self._expressions = {e: fine_id(e) for e in table.values() if e is not None}

    def __contains__(self, label: str) -> bool:
        """Whether the table has the label, in whatever spelling."""
        return label.lower() in self._ids or _canonical(label) in self._expressions

    def fine_id(self, label: str, where: str) -> int | None:
        """Return the fine id of a label, or None if it is to be left out.

        Args:
            label: The label as written.
            where: ``file:line`` or the folder, for the message.

        Raises:
            DataError: If the table has no such label.
        """
        if label.lower() in self._ids:
            return self._ids[label.lower()]
        expression = _canonical(label)
        if expression is None or expression not in self._expressions:
            known = (f"{n} {e or 'left out'}" if n.isdigit() else n for n, e in self.table.items())
            raise DataError(f"{where}: unknown label {label!r}; known are {', '.join(known)}")
        return self._expressions[expression]


def _fine_id(expression: str) -> int | None:
    name = _canonical(expression)
    return None if name is None else fine_id(name)


def _canonical(label: str) -> str | None:
    try:
        return canonical_expression(label)
    except UnknownExpressionError:
        return None


def _told(unknown: Sequence[tuple[str, str]]) -> str:
    """Tell the unknown expressions, given after the places where they stand."""
    each = (
        f"{where}: unknown expression {label!r}{expression_hint(label)}" for where, label in unknown
    )
    return f"{_listed(each)}; {KNOWN_EXPRESSIONS}"


def _listed(words: Iterable[str]) -> str:
    shown = list(words)
    more = f", … ({len(shown)} in all)" if len(shown) > _MOST_SHOWN else ""
    return ", ".join(shown[:_MOST_SHOWN]) + more
