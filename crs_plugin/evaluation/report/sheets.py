"""All figures of a report, in the order in which the page shows them."""

import io
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from crs_plugin.evaluation.figures import (
    Drawing,
    confusion_matrix,
    data_counts,
    embedding_maps,
    targets,
    training_curves,
    views_sheet,
)
from crs_plugin.evaluation.report.run_report import RunReport

if TYPE_CHECKING:
    from PIL.Image import Image


@dataclass(frozen=True)
class Sheets:
    """Figures by section of the page.

    Attributes:
        targets: All targets at a glance; None without results.
        confusion: For each result, the matrix of the trained and of the random encoder.
        curves: Curves of the training.
        embedding: Maps of the features.
        views: Images beside their augmented views, or None.
        preview: A contact sheet of the data, or None.
        counts: For each data set, its images by expression.
    """

    targets: Drawing | None
    confusion: tuple[tuple[Drawing, Drawing], ...]
    curves: tuple[Drawing, ...]
    embedding: tuple[Drawing, ...]
    views: Drawing | None
    preview: Drawing | None
    counts: tuple[Drawing, ...]

    def all(self) -> Iterator[Drawing]:
        """Yield every figure."""
        single = (self.targets, self.views, self.preview)
        yield from (drawing for drawing in single if drawing is not None)
        for pair in self.confusion:
            yield from pair
        yield from (*self.curves, *self.embedding, *self.counts)


def sheets(report: RunReport) -> Sheets:
    """Draw all figures of a report."""
    return Sheets(
        targets=targets(report.results) if report.results else None,
        confusion=tuple(
            (
                confusion_matrix(
                    f"confusion_{i}_trained", "Trained encoder", result.trained, result.class_names
                ),
                confusion_matrix(
                    f"confusion_{i}_random", "Random encoder", result.random, result.class_names
                ),
            )
            for i, result in enumerate(report.results, start=1)
        ),
        curves=training_curves(report.metrics, report.spread_reference),
        embedding=embedding_maps(report.embedding) if report.embedding else (),
        views=views_sheet(report.views) if report.views else None,
        preview=_preview(report.preview) if report.preview else None,
        counts=tuple(
            data_counts(f"data_{i}", data.name, data.counts)
            for i, data in enumerate(report.data, start=1)
        ),
    )


def _preview(sheet: "Image") -> Drawing:
    buffer = io.BytesIO()
    sheet.save(buffer, "PNG")
    return Drawing(
        name="data_preview",
        title="Contact sheet",
        alt="Some images of every expression, one expression a row, named at its left.",
        png=buffer.getvalue(),
    )
