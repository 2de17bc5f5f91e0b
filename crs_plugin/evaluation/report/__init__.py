"""The report of a run: one page for people, one file for programs, and the figures."""

from crs_plugin.evaluation.report.run_report import (
    DataCounts,
    EvaluatedEncoder,
    Outcome,
    RunReport,
    Seen,
)
from crs_plugin.evaluation.report.writing import write_report

__all__ = ["DataCounts", "EvaluatedEncoder", "Outcome", "RunReport", "Seen", "write_report"]
