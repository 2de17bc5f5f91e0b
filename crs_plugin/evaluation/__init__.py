"""Evaluation of a frozen encoder, and the report of a run.

``protocols`` has the evaluations and ``references`` what an encoder is compared with. Each is given
a ``context`` and returns a ``result``, most by a classifier (``probing``) on the encoder's
``features``. ``report`` makes a page of these, ``comparison`` sets finished reports side by side,
and ``figures`` draws for both.
"""

from crs_plugin.evaluation.context import EvaluationContext
from crs_plugin.evaluation.result import (
    Estimate,
    EvaluationResult,
    Gain,
    Measure,
    Predictions,
    Scores,
    Target,
)

__all__ = [
    "Estimate",
    "EvaluationContext",
    "EvaluationResult",
    "Gain",
    "Measure",
    "Predictions",
    "Scores",
    "Target",
]
