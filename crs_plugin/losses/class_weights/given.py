"""Class weights as people give them."""

from collections.abc import Mapping, Sequence
from typing import Annotated

from torch import Tensor

from crs_plugin.losses.class_weights.class_weights import ClassWeights
from crs_plugin.losses.class_weights.fixed import FixedClassWeights
from crs_plugin.registry import Part

GivenClassWeights = Annotated[
    Mapping[str, float] | Tensor | ClassWeights,
    Part("class_weights", shorthand=("fixed", "weights")),
]
"""Names → weights (others 1), a tensor [C] by coarse id, or a component."""


def as_class_weights(
    given: Mapping[str, float] | Tensor | ClassWeights, class_names: Sequence[str]
) -> ClassWeights:
    """Return the module that holds the weights; a component itself.

    Args:
        given: The weights.
        class_names: Names of the coarse classes in the order of their ids, for weights by name.

    Raises:
        TypeError: If the weights are none of these.
        ValueError: If a name is no coarse class, or a weight is negative, infinite or NaN.
    """
    if isinstance(given, ClassWeights):
        return given
    if isinstance(given, Mapping):
        return FixedClassWeights(given, class_names=class_names)
    return ClassWeights(given)
