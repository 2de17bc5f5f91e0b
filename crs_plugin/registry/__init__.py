"""Components: what recipes assemble, found by kind and name.

A component is a class or function whose options are its typed keyword arguments. Parameters that
are positional-only (before ``/``) are handed in by the host and are no options. Built-in components
and those of strangers are registered in the same way, by the decorator::

    @register("loss", "my_loss")
    class MyLoss(torch.nn.Module): ...

and are found where they are: in the rooms of this package, in a packaging entry point of the group
``crs_plugin.<kind>``, or in a file or module that a recipe lists under ``plugins:``. The parts of
other toolkits join as a *family* of names with a prefix (``lightly/NTXentLoss``).

This room imports nothing else of the package, and no heavy library.
"""

from crs_plugin.registry.bounds import (
    Fraction,
    NonNegativeFloat,
    NonNegativeInt,
    OpenFraction,
    PositiveFloat,
    PositiveInt,
    PositiveRange,
)
from crs_plugin.registry.component import Component, Option, Part
from crs_plugin.registry.condition import Condition
from crs_plugin.registry.discovery import Registry, register, register_family, registry
from crs_plugin.registry.errors import (
    DuplicateComponentError,
    MissingExtraError,
    PluginError,
    RefusedComponentError,
    RegistryError,
    UnknownComponentError,
)
from crs_plugin.registry.family import Family
from crs_plugin.registry.kinds import KINDS, ROOMS

__all__ = [
    "KINDS",
    "ROOMS",
    "Component",
    "Condition",
    "DuplicateComponentError",
    "Family",
    "Fraction",
    "MissingExtraError",
    "NonNegativeFloat",
    "NonNegativeInt",
    "OpenFraction",
    "Option",
    "Part",
    "PluginError",
    "PositiveFloat",
    "PositiveInt",
    "PositiveRange",
    "RefusedComponentError",
    "Registry",
    "RegistryError",
    "UnknownComponentError",
    "register",
    "register_family",
    "registry",
]
