"""Finished runs side by side, and how sure their differences are."""

from crs_plugin.evaluation.comparison.comparison import Comparison
from crs_plugin.evaluation.comparison.finished_report import FinishedReport

__all__ = ["Comparison", "FinishedReport"]
