"""The kinds of components, where the built-in ones live, and bounds for their options."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated

from annotated_types import Ge, Gt, Interval

from crs_plugin.registry.condition import Condition

ROOMS: Mapping[str, str] = MappingProxyType(
    {
        "dataset": "crs_plugin.data.datasets",
        "augmentation": "crs_plugin.augmentations",
        "backbone": "crs_plugin.models.backbones",
        "head": "crs_plugin.models.heads",
        "miner": "crs_plugin.miners",
        "loss": "crs_plugin.losses",
        "class_weights": "crs_plugin.losses.class_weights",
        "reducer": "crs_plugin.losses.reducers",
        "sampler": "crs_plugin.miners.samplers",
        "optimizer": "crs_plugin.pretraining.optimizers",
        "schedule": "crs_plugin.pretraining.schedules",
        "evaluation": "crs_plugin.evaluation.protocols",
        "reference": "crs_plugin.evaluation.references",
        "logger": "crs_plugin.pretraining.loggers",
    }
)
"""Where the built-in components of each kind live: every module of that folder is searched."""

KINDS: tuple[str, ...] = tuple(ROOMS)

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
