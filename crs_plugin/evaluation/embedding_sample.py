"""Features of some test images, for the map in the report."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from crs_plugin.data.dataset import SPLITS
from crs_plugin.evaluation.context import EvaluationContext, Source
from crs_plugin.evaluation.result import RANDOM, TRAINED
from crs_plugin.expressions import ALL_EXPRESSIONS, CoarseTable

NO_COARSE_CLASS = "no coarse class"


@dataclass(frozen=True)
class EmbeddingSample:
    """Features of N images.

    Attributes:
        data: Which images they are, such as ``test images of ferplus``.
        fine: Name of the expression of each image.
        coarse: Name of its coarse class.
        trained: Features ``[N, F]`` of the trained encoder.
        random: Features ``[N, F]`` of the random encoder, where it is a reference.
    """

    data: str
    fine: tuple[str, ...]
    coarse: tuple[str, ...]
    trained: NDArray[np.float32]
    random: NDArray[np.float32] | None


def embedding_sample(
    context: EvaluationContext, table: CoarseTable, source: Source | None = None, most: int = 600
) -> EmbeddingSample | None:
    """Draw labelled test images (any, where a set has no test split) with their features.

    Returns None where no image has a label.

    Args:
        context: With encoders; its seed draws the images.
        table: Gives the coarse classes.
        source: Opens the data; by default the recipe's.
        most: Images at most.
    """
    dataset = context.open(source).labelled()
    if len(dataset) == 0:
        return None
    testing = np.flatnonzero(dataset.split == SPLITS.index("test"))
    candidates = testing if len(testing) else np.arange(len(dataset))
    generator = np.random.default_rng(context.seed)
    drawn = dataset.take(np.sort(generator.permutation(candidates)[:most]))
    names = tuple(ALL_EXPRESSIONS[i] for i in drawn.fine)
    return EmbeddingSample(
        data=f"{'test ' * bool(len(testing))}images of {drawn.name}",
        fine=names,
        coarse=tuple(table.of.get(name, NO_COARSE_CLASS) for name in names),
        trained=context.features(TRAINED, drawn),
        random=context.features(RANDOM, drawn) if RANDOM in context.encoders else None,
    )
