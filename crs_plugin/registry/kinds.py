"""The kinds of components, and where the built-in ones of each live."""

from collections.abc import Mapping
from types import MappingProxyType

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
