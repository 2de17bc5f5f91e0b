"""From fine ids to coarse ids, by a table of names."""

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from crs_plugin.expressions import (
    ALL_EXPRESSIONS,
    UNLABELLED,
    CoarseTable,
    UnknownExpressionError,
    canonical_expression,
)


class CoarseIds:
    """Maps ids of expressions to those of their coarse classes.

    Attributes:
        classes: Names of the coarse classes; a class's place is its id.
    """

    classes: tuple[str, ...]

    def __init__(
        self, table: Mapping[str, str], class_names: Sequence[str], ignore_label: int
    ) -> None:
        """Look the names up.

        Args:
            table: Expression → coarse class.
            class_names: [K] names of the expressions in the order of their ids.
            ignore_label: The id of rows without a label.

        Raises:
            ValueError: If a name in the table or of a class is no known expression.
        """
        known = CoarseTable.from_mapping(table)
        by_expression = dict(zip(ALL_EXPRESSIONS, known.ids(), strict=True))
        try:
            self._ids = [by_expression[canonical_expression(name)] for name in class_names]
        except UnknownExpressionError as error:
            raise ValueError(
                "table maps expressions to coarse classes, but the labels are ids of"
                f" {', '.join(class_names)}: {error}"
            ) from error
        self.classes = known.classes
        self._ignore_label = ignore_label

    def __call__(self, labels: Tensor) -> Tensor:
        """Return [N] int64 coarse ids; ``UNLABELLED`` where the table or the label has none.

        Args:
            labels: [N] integer ids.

        Raises:
            ValueError: If a label is not the id of a class.
        """
        number = len(self._ids)
        known = labels != self._ignore_label
        wrong = known & ((labels < 0) | (labels >= number))
        if wrong.any():
            row = int(wrong.nonzero()[0])
            raise ValueError(
                f"label {int(labels[row])} (row {row}) is none of the {number} classes (ids 0 to"
                f" {number - 1}, or {self._ignore_label} for a row without a label)"
            )
        ids = torch.tensor([*self._ids, UNLABELLED], device=labels.device)
        return ids[labels.long().masked_fill(~known, number)]
