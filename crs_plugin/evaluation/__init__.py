"""Evaluation of a frozen encoder, and the report of a run."""

from crs_plugin.evaluation.context import EvaluationContext
from crs_plugin.evaluation.result import EvaluationResult, Gain, Scores

__all__ = ["EvaluationContext", "EvaluationResult", "Gain", "Scores"]
