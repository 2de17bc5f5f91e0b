"""Class weights that are the larger, the rarer a class is."""

from collections.abc import Sequence

from crs_plugin.expressions import COARSE_CLASSES
from crs_plugin.losses.class_weights.class_counts import (
    ClassCounts,
    counts_by_id,
    weights_by_count,
)
from crs_plugin.losses.class_weights.class_weights import ClassWeights
from crs_plugin.registry import NonNegativeFloat, register


@register("class_weights", "inverse_frequency")
class InverseFrequencyClassWeights(ClassWeights):
    """Weights in proportion to 1 / count of the class in the training data.

    Scaled so that their mean over the training images is 1: with power 1 a class of n of N images
    has the weight N / (C·n), as ``class_weight="balanced"`` in scikit-learn, and all classes pull
    with the same force. A class without images has weight 0, and C counts the others. Beside a
    sampler that balances the classes already, they would be weighted twice.
    """

    def __init__(
        self,
        class_counts: ClassCounts,
        *,
        power: NonNegativeFloat = 1.0,
        class_names: Sequence[str] = COARSE_CLASSES,
    ) -> None:
        """Compute the weights.

        Args:
            class_counts: Number of training images of each coarse class: by name, or in the order
                of the ids. A recipe fills it in.
            power: Weights go with count to the power of minus this: 0.5 weights by the square
                root, 0 not at all.
            class_names: Names of the coarse classes in the order of their ids. A recipe fills them
                in.

        Raises:
            TypeError: If a count is not a whole number.
            ValueError: If the counts do not fit the names, one is negative, all are 0, or the power
                is negative, infinite or NaN.
        """
        if not 0 <= power < float("inf"):
            raise ValueError(f"power must be finite and ≥ 0, not {power}")
        counts = counts_by_id(class_counts, class_names)
        rarest = min(count for count in counts if count)
        super().__init__(
            weights_by_count(counts, lambda count: (rarest / count) ** power), class_names
        )
