"""Warns of a network that gives all images the same embedding."""

from collections.abc import Callable
from typing import Any

import pytorch_lightning as pl

from crs_plugin.pretraining.metrics import MetricsRow

SPREAD_SHARE = 0.1
"""Embeddings count as collapsed below this share of 1/√D."""
SPREAD_ROWS = 3
"""Rows of metrics in a row for which that may hold without a warning."""
TERM_TOLERANCE = 0.01
"""A term sits at its collapsed value within this share of it."""
TERM_ROWS = 10
"""Rows of metrics in a row for which that may hold without a warning."""
HEALTHY_SHARE = 0.5
"""Embeddings spread beyond this share of 1/√D are not collapsed: a term merely passes the value."""

REMEDY = (
    "What helps: a projection head that ends in batch normalisation (of heads.projection mlp:"
    " norm: all), a schedule that warms up (one_cycle, warmup_cosine), a lower optimizer.lr;"
    " a run of very many steps may leave the plateau by itself"
)


class CollapseWatch(pl.Callback):
    """Warns, once each, of collapsed embeddings and of terms that stay at their collapsed values.

    Args:
        announce: Called with the warning.

    Attributes:
        warnings: All warnings of the run so far, those before it was resumed included.
    """

    def __init__(self, announce: Callable[[str], None]) -> None:
        self.warnings: list[str] = []
        self._announce = announce
        self._low_spread_rows = 0
        self._plateau_rows: dict[str, int] = {}
        self._warned: list[str] = []

    def on_train_batch_end(
        self,
        trainer: pl.Trainer,
        pl_module: Any,
        outputs: Any,
        batch: Any,
        batch_idx: int,
    ) -> None:
        """Look at the step's row, if it has one."""
        if pl_module.row is not None:
            self.look_at(pl_module.row)

    def look_at(self, row: MetricsRow) -> None:
        """Judge one more row of metrics."""
        self._low_spread_rows = self._low_spread_rows + 1 if _is_collapsed(row) else 0
        if self._low_spread_rows >= SPREAD_ROWS:
            self._warn(
                "spread",
                f"step {row.step}: the embeddings have collapsed: their spread is"
                f" {row.embedding_spread:.4f}, spread out it would be {row.full_spread:.4f}."
                f" {REMEDY}",
            )
        for name in row.terms:
            sits = not _is_spread(row) and _is_at_plateau(row, name)
            self._plateau_rows[name] = self._plateau_rows.get(name, 0) + 1 if sits else 0
            if self._plateau_rows[name] >= TERM_ROWS:
                self._warn(
                    f"term {name}",
                    f"step {row.step}: term {name!r} stays at the value of a collapsed network,"
                    f" {row.terms[name].collapsed:.3f}: nothing is learnt from it. {REMEDY}",
                )

    def state_dict(self) -> dict[str, Any]:
        """Return what a resumed run has to know."""
        return {
            "warnings": list(self.warnings),
            "warned": list(self._warned),
            "low_spread_rows": self._low_spread_rows,
            "plateau_rows": dict(self._plateau_rows),
        }

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Go on where a run was stopped."""
        self.warnings = list(state_dict["warnings"])
        self._warned = list(state_dict["warned"])
        self._low_spread_rows = state_dict["low_spread_rows"]
        self._plateau_rows = dict(state_dict["plateau_rows"])

    def _warn(self, about: str, message: str) -> None:
        if about not in self._warned:
            self._warned.append(about)
            self.warnings.append(message)
            self._announce(message)


def _is_collapsed(row: MetricsRow) -> bool:
    if row.embedding_spread is None or row.full_spread is None:
        return False
    return row.embedding_spread < SPREAD_SHARE * row.full_spread


def _is_spread(row: MetricsRow) -> bool:
    if row.embedding_spread is None or row.full_spread is None:
        return False
    return row.embedding_spread > HEALTHY_SHARE * row.full_spread


def _is_at_plateau(row: MetricsRow, name: str) -> bool:
    term = row.terms[name]
    if term.collapsed is None:
        return False
    return abs(term.value - term.collapsed) <= TERM_TOLERANCE * abs(term.collapsed)
