"""Class weights that are written down by name."""

from collections.abc import Mapping, Sequence
from difflib import get_close_matches

import torch

from crs_plugin.expressions import COARSE_CLASSES
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
            _check(name, weight, class_names)
        super().__init__(torch.tensor([float(weights.get(name, 1.0)) for name in class_names]))
        self.class_names = tuple(class_names)

    def extra_repr(self) -> str:
        """Return the weights by name, for ``print``."""
        pairs = zip(self.class_names, self.weights.tolist(), strict=True)
        return ", ".join(f"{name}={weight:g}" for name, weight in pairs)


def _check(name: str, weight: float, class_names: Sequence[str]) -> None:
    if name not in class_names:
        near = get_close_matches(str(name), class_names, n=1)
        hint = f" (did you mean {near[0]!r}?)" if near else ""
        raise ValueError(
            f"class_weights names {name!r}{hint}, which is no coarse class;"
            f" the classes are {', '.join(class_names)}"
        )
    if isinstance(weight, bool) or not isinstance(weight, int | float):
        raise TypeError(f"the weight of class {name!r} must be a number, not {weight!r}")
    if not 0 <= weight < float("inf"):
        raise ValueError(f"the weight of class {name!r} must be finite and ≥ 0, not {weight}")
