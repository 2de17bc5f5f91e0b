"""Maps of the features: which images an encoder finds alike."""

from collections.abc import Callable
from typing import Annotated

from annotated_types import Ge

from crs_plugin.data.dataset import DataError, FaceDataset
from crs_plugin.evaluation.context import EvaluationContext
from crs_plugin.evaluation.features.embedding_sample import FEWEST, EmbeddingSample, labelled_images
from crs_plugin.evaluation.features.plane import METHODS, Method, check_method
from crs_plugin.evaluation.result import EvaluationResult
from crs_plugin.registry import Part, register

_TO_READ = {
    "tsne": "Neighbourhoods mean something, distances between groups do not.",
    "umap": "Neighbourhoods mean something, distances between groups do not.",
    "pca": "The two directions in which the features differ most; nothing else is seen.",
}


@register("evaluation", "embedding_map")
class EmbeddingMap:
    """Maps of the features in the plane, by t-SNE, UMAP or PCA, beside those of the references.

    The report has a map by t-SNE of the recipe's data anyhow; this is for other data, more images,
    another method, or all references. It is a picture and no figure: groups that lie apart in it
    need not be told apart by a classifier, nor the other way round.

    Args:
        title: Its name in the report; by default that of the data.
        data: Labelled test images (any, where there is no test split); by default the recipe's.
        method: ``tsne`` and ``umap`` (extra ``umap``) keep neighbours together; ``pca`` shows the
            first two principal components.
        images: Images at most, drawn at random.

    Raises:
        MissingExtraError: If UMAP is wanted and not installed.
    """

    def __init__(
        self,
        *,
        title: str | None = None,
        data: Annotated[Callable[[], FaceDataset] | None, Part("dataset")] = None,
        method: Method = "tsne",
        images: Annotated[int, Ge(FEWEST)] = 600,
    ) -> None:
        check_method(method)
        self.title = title
        self.data = data
        self.method: Method = method
        self.images = images

    def check(self, context: EvaluationContext, /) -> None:
        """Open the data and see whether there are images enough; needs no encoder.

        Raises:
            DataError: If there are not.
        """
        self._drawn(context)

    def test_parts(self, context: EvaluationContext, /) -> tuple[FaceDataset, ...]:
        """Return the images that are shown, for whoever looks for leaks."""
        return (self._drawn(context),)

    def __call__(self, context: EvaluationContext, /) -> EvaluationResult:
        """Draw a map for every encoder.

        Raises:
            InputError: As ``check``, or if an encoder's features are not finite.
        """
        from crs_plugin.evaluation.figures.embedding_maps import embedding_maps
        from crs_plugin.evaluation.figures.file_name import file_name

        drawn = self._drawn(context)
        title = self.title or f"{drawn.name}: map of the features by {METHODS[self.method]}"
        context.progress(title, 0, 1)
        sample = EmbeddingSample.of(context, drawn, context.coarse_table, tuple(context.encoders))
        drawings = embedding_maps(sample, self.method, context.seed, name=file_name(title))
        context.progress(title, 1, 1)
        return EvaluationResult(
            title=title,
            protocol=f"{METHODS[self.method]} of {len(drawn):,} {sample.data}",
            drawings=drawings,
            headline=False,
            notes=(_TO_READ[self.method],),
        )

    def _drawn(self, context: EvaluationContext) -> FaceDataset:
        drawn = labelled_images(context, self.data, self.images)
        if len(drawn) < FEWEST:
            raise DataError(
                f"data set {drawn.name}: a map needs {FEWEST} labelled images at least, to mean"
                f" anything; found: {len(drawn)}"
            )
        return drawn
