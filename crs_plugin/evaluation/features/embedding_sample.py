"""Features of some test images, for maps of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from crs_plugin.data.dataset import SPLITS, FaceDataset
from crs_plugin.evaluation.context import EvaluationContext, Source
from crs_plugin.evaluation.drawn_images import drawn_images, images_to_test
from crs_plugin.evaluation.result import RANDOM, TRAINED
from crs_plugin.expressions import ALL_EXPRESSIONS, CoarseTable

NO_COARSE_CLASS = "no coarse class"

FEWEST = 10
"""Images that are needed for a map to mean anything."""


@dataclass(frozen=True)
class EmbeddingSample:
    """Features of N images.

    Attributes:
        data: Which images they are, such as ``test images of ferplus``.
        fine: Name of the expression of each image.
        coarse: Name of its coarse class.
        features: Encoder → its features ``[N, F]``; ``trained`` comes first.
    """

    data: str
    fine: tuple[str, ...]
    coarse: tuple[str, ...]
    features: Mapping[str, NDArray[np.float32]]

    @classmethod
    def of(
        cls,
        context: EvaluationContext,
        drawn: FaceDataset,
        table: CoarseTable,
        encoders: Sequence[str],
    ) -> "EmbeddingSample":
        """Return the features of labelled images.

        Args:
            context: Gives the features.
            drawn: The N images.
            table: Gives the coarse classes.
            encoders: Whose features.
        """
        names = tuple(ALL_EXPRESSIONS[i] for i in drawn.fine)
        testing = bool((drawn.split == SPLITS.index("test")).any())
        return cls(
            data=f"{'test ' * testing}images of {drawn.name}",
            fine=names,
            coarse=tuple(table.of.get(name, NO_COARSE_CLASS) for name in names),
            features={which: context.features(which, drawn) for which in encoders},
        )


def embedding_sample(
    context: EvaluationContext, table: CoarseTable, source: Source | None = None, most: int = 600
) -> EmbeddingSample | None:
    """Draw images with features of the trained encoder and, if it is a reference, the random one.

    Returns None where too few images have a label for a map.

    Args:
        context: With encoders; its seed draws the images.
        table: Gives the coarse classes.
        source: Opens the data; by default the recipe's.
        most: Images at most.
    """
    drawn = labelled_images(context, source, most)
    if len(drawn) < FEWEST:
        return None
    encoders = [which for which in (TRAINED, RANDOM) if which in context.encoders]
    return EmbeddingSample.of(context, drawn, table, encoders)


def labelled_images(context: EvaluationContext, source: Source | None, most: int) -> FaceDataset:
    """Draw labelled test images (any, where a set has no test split), in their order.

    Args:
        context: Opens the data; its seed draws the images.
        source: Opens the data; None for the recipe's.
        most: Images at most.
    """
    return drawn_images(images_to_test(context.open(source).labelled()), most, context.seed)
