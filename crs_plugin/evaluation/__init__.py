"""Evaluation of a frozen encoder, and the report of a run."""

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
