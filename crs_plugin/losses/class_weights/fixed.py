"""Class weights that are written down by name."""

from collections.abc import Mapping, Sequence

import torch

from crs_plugin.expressions import COARSE_CLASSES
from crs_plugin.losses.class_weights.class_name import check_class_name
from crs_plugin.losses.class_weights.class_weights import ClassWeights
from crs_plugin.registry import NonNegativeFloat, register


@register("class_weights", "fixed")
class FixedClassWeights(ClassWeights):
    """Weights by class name; a class that is not named has weight 1.

    The released CRS-CONT uses ``{negative: 0.5}``: too strong a pull on the broad *negative* class
    erases the fine differences between anger, disgust, fear and sadness.
    """

    def __init__(
        self,
        weights: Mapping[str, NonNegativeFloat],
        *,
        class_names: Sequence[str] = COARSE_CLASSES,
    ) -> None:
        """Look the names up.

        Args:
            weights: Name of a coarse class → its weight.
            class_names: Names of the coarse classes in the order of their ids. A recipe fills them
                in.

        Raises:
            TypeError: If a weight is not a number.
            ValueError: If a name is none of ``class_names``, or a weight is negative, infinite or
                NaN.
        """
        for name, weight in weights.items():
            check_class_name(name, class_names, "class_weights")
            _check(name, weight)
        by_id = torch.tensor([float(weights.get(name, 1.0)) for name in class_names])
        super().__init__(by_id, class_names)


def _check(name: str, weight: float) -> None:
    if isinstance(weight, bool) or not isinstance(weight, int | float):
        raise TypeError(f"the weight of class {name!r} must be a number, not {weight!r}")
    if not 0 <= weight < float("inf"):
        raise ValueError(f"the weight of class {name!r} must be finite and ≥ 0, not {weight}")
