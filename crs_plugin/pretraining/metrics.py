"""One row of what is known about a run at some step."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

METRICS_FILE = "metrics.jsonl"
"""Name of the file in a run's folder that has a row of metrics a line."""


@dataclass(frozen=True)
class TermValue:
    """A term of the objective at some step.

    Attributes:
        value: Its value, not weighted.
        collapsed: What it would be for the same batch if the network had collapsed; None where
            that is not defined.
    """

    value: float
    collapsed: float | None


@dataclass(frozen=True)
class MetricsRow:
    """What is known at one step; a line of ``metrics.jsonl`` has the same keys.

    Attributes:
        step: Steps made, this one included.
        epoch: The epoch the step belongs to, from 1.
        lr: Learning rate that the step used.
        images_per_second: Images (not views) a second since the row before.
        loss: The weighted sum of the terms.
        coarse_accuracy: Share of labelled views whose coarse class is right; None without a coarse
            head or labels.
        fine_accuracy: The same of the fine head.
        embedding_spread: Standard deviation of normalised embeddings over the batch, mean over the
            dimensions; None without a projection head.
        full_spread: 1/√D, what it is for embeddings spread out evenly.
        terms: Every term's value beside its collapsed value, by name.
        class_weights: Term → name of a coarse class → its weight, in use at this step; only terms
            that weight classes. Rows of older versions lack the key.
    """

    step: int
    epoch: int
    lr: float
    images_per_second: float
    loss: float
    coarse_accuracy: float | None
    fine_accuracy: float | None
    embedding_spread: float | None
    full_spread: float | None
    terms: Mapping[str, TermValue]
    class_weights: Mapping[str, Mapping[str, float]] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        """Return the row as plain JSON types."""
        return asdict(self)

    def scalars(self) -> dict[str, float]:
        """Return the row without nesting, for experiment loggers; unknown values are left out."""
        flat = self.as_dict()
        for name, term in flat.pop("terms").items():
            flat[f"terms/{name}"] = term["value"]
            flat[f"collapsed/{name}"] = term["collapsed"]
        for term, weights in flat.pop("class_weights").items():
            for name, weight in weights.items():
                flat[f"class_weights/{term}/{name}"] = weight
        del flat["step"]
        return {name: float(value) for name, value in flat.items() if value is not None}
