"""All figures of a report, in the order in which the page shows them."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from crs_plugin.evaluation.figures import (
    Drawing,
    confusion_matrix,
    data_counts,
    embedding_maps,
    errors_sheet,
    targets,
    training_curves,
    views_sheet,
)
from crs_plugin.evaluation.figures.drawing import as_png
from crs_plugin.evaluation.report.run_report import RunReport
from crs_plugin.evaluation.result import RANDOM, TRAINED, headline_targets

if TYPE_CHECKING:
    from PIL.Image import Image


@dataclass(frozen=True)
class Sheets:
    """Figures by section of the page.

    Attributes:
        targets: All targets at a glance; None without results.
        confusion: For each headline target, the matrices of the trained and the random encoder.
        of_results: For each result, the figures that it brings.
        errors: For some targets, examples of errors.
        curves: Curves of the training.
        embedding: Maps of the features.
        views: Images beside their augmented views, or None.
        preview: A contact sheet of the data, or None.
        counts: For each data set, its images by expression.
    """

    targets: Drawing | None
    confusion: tuple[tuple[Drawing, ...], ...]
    of_results: tuple[tuple[Drawing, ...], ...]
    errors: tuple[Drawing, ...]
    curves: tuple[Drawing, ...]
    embedding: tuple[Drawing, ...]
    views: Drawing | None
    preview: Drawing | None
    counts: tuple[Drawing, ...]

    def all(self) -> Iterator[Drawing]:
        """Yield every figure."""
        single = (self.targets, self.views, self.preview)
        yield from (drawing for drawing in single if drawing is not None)
        for group in (*self.confusion, *self.of_results):
            yield from group
        yield from (*self.errors, *self.curves, *self.embedding, *self.counts)


def sheets(report: RunReport) -> Sheets:
    """Draw all figures of a report."""
    shown = headline_targets(report.results)
    return Sheets(
        targets=targets(shown) if shown else None,
        confusion=tuple(
            tuple(
                confusion_matrix(
                    f"confusion_{i}_{name}",
                    f"{name.capitalize()} encoder",
                    target.scores[name],
                    target.class_names,
                )
                for name in (TRAINED, RANDOM)
                if name in target.scores
            )
            for i, target in enumerate(shown, start=1)
        ),
        of_results=tuple(result.drawings for result in report.results),
        errors=tuple(
            errors_sheet(f"errors_{i}", examples) for i, examples in enumerate(report.errors, 1)
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
    return Drawing(
        name="data_preview",
        title="Contact sheet",
        alt="Some images of every expression, one expression a row, named at its left.",
        png=as_png(sheet),
    )
