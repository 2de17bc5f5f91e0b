"""From what a data set writes, labels and splits, to the names used here."""

from collections.abc import Mapping
from difflib import get_close_matches

from crs_plugin.data.dataset import DataError
from crs_plugin.expressions import UnknownExpressionError, canonical_expression, fine_id

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


def nearest(word: str, known: Mapping[str, object] | tuple[str, ...] | list[str]) -> str:
    """Return `` (did you mean 'x'?)`` for the known word nearest to ``word``, or nothing."""
    near = get_close_matches(word, list(known), n=1)
    return f" (did you mean {near[0]!r}?)" if near else ""


class LabelNames:
    """The labels of one data set, as fine ids.

    Args:
        table: A data set's own label → expression, or None for labels that are left out. A label
            that is not in the table has to be an expression's name or alias itself. A number, as
            YAML reads one, stands for its digits.
        option: Name of the option that holds the table, for messages.

    Raises:
        DataError: If the table names an unknown expression.
    """

    def __init__(self, table: Mapping[str | int, str | None] | None, option: str) -> None:
        self._option = option
        self._ids: dict[str, int | None] = {}
        for label, expression in (table or {}).items():
            where = f"option {option!r}, label {label!r}"
            self._ids[str(label)] = (
                None if expression is None else self._canonical(expression, where)
            )

    def fine_id(self, label: str, where: str) -> int | None:
        """Return the fine id of a label, or None if it is to be left out.

        Args:
            label: The label as written.
            where: ``file:line``, for the message.

        Raises:
            DataError: If nobody knows the label; the message suggests the nearest.
        """
        try:
            return self._ids[label]
        except KeyError:
            found = self._canonical(
                label,
                where,
                f". If it is right, say with the option {self._option!r} what {label!r} stands for"
                " (null leaves it out)",
            )
            self._ids[label] = found
            return found

    def _canonical(self, label: str, where: str, remedy: str = "") -> int:
        try:
            return fine_id(canonical_expression(label))
        except UnknownExpressionError as error:
            raise DataError(f"{where}: {error}{remedy}") from None
