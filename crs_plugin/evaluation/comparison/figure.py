"""A figure of an experiment: that of one run, or of several seeds."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from crs_plugin.evaluation.result import Interval


@dataclass(frozen=True)
class Figure:
    """A figure of an experiment.

    Attributes:
        values: That of each seed.
        interval: 95 % interval of a single run, as its report has it; None with several seeds.
    """

    values: tuple[float, ...]
    interval: Interval | None = None

    @classmethod
    def of(cls, values: Sequence[float], intervals: Sequence[Sequence[float] | None]) -> "Figure":
        """Return the figure of an experiment's runs.

        Args:
            values: That of each run.
            intervals: Its interval in each run's report, or None. Those of several are dropped:
                they say nothing of another seed.
        """
        own = intervals[0] if len(intervals) == 1 else None
        return cls(tuple(map(float, values)), (own[0], own[1]) if own else None)

    @property
    def mean(self) -> float:
        """Mean over the seeds."""
        return float(np.mean(self.values))

    @property
    def deviation(self) -> float | None:
        """Standard deviation over the seeds (of the sample); None of a single one."""
        return float(np.std(self.values, ddof=1)) if len(self.values) > 1 else None

    def to_json(self) -> dict[str, Any]:
        """Return the figure as plain values."""
        return {"mean": self.mean, "deviation": self.deviation, **asdict(self)}
