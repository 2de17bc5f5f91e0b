"""The geometry of the features: what they keep together, and what they keep apart."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Annotated

import numpy as np
from annotated_types import Ge
from numpy.typing import NDArray

from crs_plugin.augmentations.random_resized_crop_flip import RandomResizedCropFlip
from crs_plugin.data.dataset import DataError, FaceDataset
from crs_plugin.evaluation.changed_images import features_of_changed
from crs_plugin.evaluation.context import EvaluationContext
from crs_plugin.evaluation.drawn_images import images_to_test
from crs_plugin.evaluation.features.feature_geometry import (
    Geometry,
    estimate,
    geometry,
    multiplicities,
    normalised,
)
from crs_plugin.evaluation.probing.one_thread import one_thread
from crs_plugin.evaluation.probing.probe_data import labelled_with_note
from crs_plugin.evaluation.result import Estimate, EvaluationResult, Measure
from crs_plugin.expressions import ALL_EXPRESSIONS, CoarseTable
from crs_plugin.registry import Part, register

if TYPE_CHECKING:
    from crs_plugin.evaluation.figures.drawing import Drawing


@register("evaluation", "geometry")
class FeatureGeometry:
    """Alignment and uniformity of the features, and their separation of coarse and fine classes.

    Needs no classifier. Features are normalised to length 1. *Alignment* is the mean squared
    distance of two crops of an image, and of two images of one expression; *uniformity* says how
    evenly all images are spread. Both are needed: features that are all one are perfectly aligned.
    Source: Wang and Isola, ICML 2020.

    The variance is divided into three: between coarse classes, between the expressions of one
    coarse class, and the rest. That is the trade-off the class weights are there for: a loss that
    pulls all of *negative* together gains the first and loses the second. All expressions weigh
    alike, and only pairs of different images count, so that rare classes do not seem to be
    separated by chance. The same is done for the recipe's references.

    Args:
        title: Its name in the report; by default that of the data.
        data: Labelled test images (any, where there is no test split); by default the recipe's.
        images: Images at most, drawn at random, of each expression as many as of the others or
            all there are.
    """

    def __init__(
        self,
        *,
        title: str | None = None,
        data: Annotated[Callable[[], FaceDataset] | None, Part("dataset")] = None,
        images: Annotated[int, Ge(4)] = 1000,
    ) -> None:
        self.title = title
        self.data = data
        self.images = images

    def check(self, context: EvaluationContext, /) -> None:
        """Open the data and see whether there are classes to compare; needs no encoder.

        Raises:
            DataError: If fewer than two expressions have two images each.
        """
        self._drawn(context)

    def test_parts(self, context: EvaluationContext, /) -> tuple[FaceDataset, ...]:
        """Return the images that are tested, for whoever looks for leaks."""
        return (self._drawn(context)[0],)

    def __call__(self, context: EvaluationContext, /) -> EvaluationResult:
        """Measure the features of every encoder.

        Raises:
            InputError: As ``check``, or if an encoder's features are not finite.
        """
        dataset, notes = self._drawn(context)
        title = self.title or f"{dataset.name}: geometry of the features"
        known, ids = np.unique(dataset.fine, return_inverse=True)
        coarse = [_coarse_id(int(fine), context.coarse_table) for fine in known]
        units = dataset.subject if dataset.subject_known else np.arange(len(dataset))
        times = multiplicities(units, context.seed)
        context.progress(title, 0, 1)
        crops = self._crops(context, dataset)
        found: dict[str, Geometry] = {}
        views: dict[str, Estimate] = {}
        with one_thread():
            for which in context.encoders:
                features = context.features(which, dataset)
                found[which] = geometry(features, ids.astype(np.int64), coarse, times)
                apart = np.square(np.subtract(*map(normalised, crops[which]))).sum(1)
                views[which] = estimate((times @ apart) / times.sum(1))
        context.progress(title, 1, 1)
        without = [ALL_EXPRESSIONS[i] for i, c in zip(known, coarse, strict=True) if c is None]
        if without:
            notes.append(f"Without a coarse class, and not in its figures: {', '.join(without)}.")
        return EvaluationResult(
            title=title,
            protocol=f"{len(dataset):,} images, features of length 1",
            measures=tuple(_measures(found, views)),
            drawings=_drawings(title, found),
            headline=False,
            notes=(
                "Alignment is a mean squared distance of features of length 1: 0 if they are one,"
                " 4 if they are opposite. Uniformity is a logarithm: 0 if all features are one, the"
                " lower the more evenly they are spread.",
                "Low alignment is good only beside low uniformity: features that are all one have"
                " the best alignment there is, as those of a random network nearly are.",
                "Shares of the variance are unbiased, so that one of nothing may fall below 0.",
                *notes,
            ),
        )

    def _drawn(self, context: EvaluationContext) -> tuple[FaceDataset, list[str]]:
        whole = context.open(self.data)
        labelled, notes = labelled_with_note(whole)
        dataset = images_to_test(labelled)
        dataset = dataset.take(_evenly(dataset.fine, self.images, context.seed))
        fine, counts = np.unique(dataset.fine, return_counts=True)
        if (counts > 1).sum() < 2:
            found = ", ".join(
                f"{ALL_EXPRESSIONS[i]} {n}" for i, n in zip(fine, counts, strict=True)
            )
            raise DataError(
                f"data set {whole.name}: geometry needs two expressions with two images each to"
                f" compare; found: {found or 'no label'}"
            )
        alone = fine[counts == 1]
        if len(alone):
            names = ", ".join(ALL_EXPRESSIONS[i] for i in alone)
            notes.append(f"A single image has nothing to be compared with; left out: {names}.")
            dataset = dataset.take(np.flatnonzero(~np.isin(dataset.fine, alone)))
        return dataset, notes

    def _crops(
        self, context: EvaluationContext, dataset: FaceDataset
    ) -> dict[str, list[NDArray[np.float32]]]:
        """Return, by encoder, the features of two random crops of every image, half mirrored."""
        crop = RandomResizedCropFlip(context.input_size)
        views = [
            features_of_changed(context, dataset, crop, 2**16 * draw + context.seed)
            for draw in (1, 2)
        ]
        return {which: [view[which] for view in views] for which in context.encoders}


def _evenly(fine: NDArray[np.int16], most: int, seed: int) -> NDArray[np.int64]:
    """Draw images with the expressions as even as their numbers allow: indices, ascending."""
    order = np.random.default_rng(seed).permutation(len(fine))
    by_class = [order[fine[order] == expression] for expression in np.unique(fine)]
    drawn: list[NDArray[np.int64]] = []
    for done, members in enumerate(sorted(by_class, key=len)):
        left = most - sum(map(len, drawn))
        drawn.append(members[: left // (len(by_class) - done)])
    return np.sort(np.concatenate(drawn)) if drawn else order


def _coarse_id(fine: int, table: CoarseTable) -> int | None:
    coarse = table.of.get(ALL_EXPRESSIONS[fine])
    return None if coarse is None else table.classes.index(coarse)


def _measures(found: Mapping[str, Geometry], views: Mapping[str, Estimate]) -> list[Measure]:
    def of_all(part: str) -> dict[str, Estimate]:
        values = {which: getattr(figures, part) for which, figures in found.items()}
        return {which: value for which, value in values.items() if value is not None}

    measures = [
        Measure("Alignment of two crops of an image", views, "lower", rate=False),
        Measure("Alignment of one expression", of_all("alignment"), "lower", rate=False),
        Measure("Uniformity", of_all("uniformity"), "lower", rate=False),
        Measure("Variance between expressions", of_all("expressions")),
        Measure("Variance between coarse classes", of_all("coarse")),
        Measure("Variance between expressions of one coarse class", of_all("within_coarse")),
    ]
    return [measure for measure in measures if measure.values]


def _drawings(title: str, found: Mapping[str, Geometry]) -> "tuple[Drawing, ...]":
    from crs_plugin.evaluation.figures.file_name import file_name
    from crs_plugin.evaluation.figures.separation import separation

    coarse = {w: figures.coarse for w, figures in found.items() if figures.coarse}
    within = {w: figures.within_coarse for w, figures in found.items() if figures.within_coarse}
    if not (coarse and within):
        return ()
    return (separation(file_name(title, "separation"), coarse, within),)
