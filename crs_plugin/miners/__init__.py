"""Miners: which pairs of a batch count, under the contract of pytorch-metric-learning.

The names load on first use: pytorch-metric-learning, whose base class they have, takes seconds to
import.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from crs_plugin.miners.coarse_labels import CoarseLabelMiner

__all__ = ["CoarseLabelMiner"]

_HOMES = {"CoarseLabelMiner": "crs_plugin.miners.coarse_labels"}


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
