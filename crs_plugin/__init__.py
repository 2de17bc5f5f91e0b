"""CRS-CONT: one general facial-expression encoder, pre-trained on coarse labels.

The names below are stable. They load on first use, so that ``import crs_plugin`` stays instant.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from crs_plugin.models.encoder import Encoder
    from crs_plugin.registry import register
    from crs_plugin.runs.run import RunResult, run

__version__ = "0.1.0"

__all__ = ["Encoder", "RunResult", "__version__", "register", "run"]

_HOMES = {
    "Encoder": "crs_plugin.models.encoder",
    "RunResult": "crs_plugin.runs.run",
    "register": "crs_plugin.registry",
    "run": "crs_plugin.runs.run",
}


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
