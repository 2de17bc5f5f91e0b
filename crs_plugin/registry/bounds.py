"""Bounds for the options of components, as types: a recipe checks them before anything is built."""

from typing import Annotated

from annotated_types import Ge, Gt, Interval

from crs_plugin.registry.condition import Condition

PositiveFloat = Annotated[float, Gt(0)]
NonNegativeFloat = Annotated[float, Ge(0)]
Fraction = Annotated[float, Interval(ge=0, le=1)]
OpenFraction = Annotated[float, Interval(gt=0, lt=1)]
"""Some of a whole, but not all of it."""
PositiveInt = Annotated[int, Gt(0)]
NonNegativeInt = Annotated[int, Ge(0)]


def _check_order(bounds: tuple[float, float]) -> None:
    if bounds[0] > bounds[1]:
        raise ValueError("the least value first, then the greatest")


PositiveRange = Annotated[
    tuple[PositiveFloat, PositiveFloat], Condition("least first", _check_order)
]
"""Least and greatest value of something above 0."""
