"""Figures of the report, one concept a file. Only the report draws: matplotlib is heavy."""

from crs_plugin.evaluation.figures.comparison import Dots, compared_targets
from crs_plugin.evaluation.figures.confusion import confusion_matrix
from crs_plugin.evaluation.figures.counts import data_counts
from crs_plugin.evaluation.figures.curves import training_curves
from crs_plugin.evaluation.figures.drawing import Drawing
from crs_plugin.evaluation.figures.embedding_maps import embedding_maps
from crs_plugin.evaluation.figures.errors import errors_sheet
from crs_plugin.evaluation.figures.targets import targets
from crs_plugin.evaluation.figures.views import views_sheet

__all__ = [
    "Dots",
    "Drawing",
    "compared_targets",
    "confusion_matrix",
    "data_counts",
    "embedding_maps",
    "errors_sheet",
    "targets",
    "training_curves",
    "views_sheet",
]
