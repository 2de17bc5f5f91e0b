"""The kinds of components, where the built-in ones live, and bounds for their options."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated

from annotated_types import Ge, Gt, Interval

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
        "logger": "crs_plugin.pretraining.loggers",
    }
)
"""Where the built-in components of each kind live: every module of that folder is searched."""

KINDS: tuple[str, ...] = tuple(ROOMS)

PositiveFloat = Annotated[float, Gt(0)]
NonNegativeFloat = Annotated[float, Ge(0)]
Fraction = Annotated[float, Interval(ge=0, le=1)]
PositiveInt = Annotated[int, Gt(0)]
NonNegativeInt = Annotated[int, Ge(0)]
