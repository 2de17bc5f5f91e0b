"""Class weights by the effective number of a class's images."""

import math
from collections.abc import Sequence

from crs_plugin.expressions import COARSE_CLASSES
from crs_plugin.losses.class_weights.class_counts import (
    ClassCounts,
    counts_by_id,
    weights_by_count,
)
from crs_plugin.losses.class_weights.class_weights import ClassWeights
from crs_plugin.registry import OpenFraction, register


@register("class_weights", "effective_number")
class EffectiveNumberClassWeights(ClassWeights):
    """Weights in proportion to (1 - β) / (1 - β^n) for a class of n training images.

    (1 - β^n) / (1 - β) is the effective number of n images: the more there are, the less another
    one adds. β towards 0 gives equal weights, β towards 1 those of ``inverse_frequency``.

    Scaled as those are, so that the mean over the training images is 1; the source makes the mean
    over the classes 1, which is another constant factor. A class without images has weight 0.

    Source: Y. Cui, M. Jia, T.-Y. Lin, Y. Song, S. Belongie, "Class-Balanced Loss Based on Effective
    Number of Samples", CVPR 2019.
    """

    def __init__(
        self,
        class_counts: ClassCounts,
        *,
        beta: OpenFraction = 0.999,
        class_names: Sequence[str] = COARSE_CLASSES,
    ) -> None:
        """Compute the weights.

        Args:
            class_counts: Number of training images of each coarse class: by name, or in the order
                of the ids. A recipe fills it in.
            beta: β; 1 / (1 - β) is the number of images beyond which more of them add little.
            class_names: Names of the coarse classes in the order of their ids. A recipe fills them
                in.

        Raises:
            TypeError: If a count is not a whole number.
            ValueError: If the counts do not fit the names, one is negative, all are 0, or β does
                not lie between 0 and 1.
        """
        if not 0 < beta < 1:
            raise ValueError(f"beta must lie between 0 and 1, exclusive, not {beta}")
        counts = counts_by_id(class_counts, class_names)
        # 1 - β^n by expm1: for β near 1 the difference itself would be rounding error.
        logarithm = math.log(beta)
        super().__init__(
            weights_by_count(counts, lambda count: (1 - beta) / -math.expm1(count * logarithm)),
            class_names,
        )
