"""Data sets of faces: one contract for all, one file for each, and what they are made into.

``dataset`` has the contract, ``datasets`` the sets, ``layouts`` what reads their files.
``images`` and ``shards`` read single pictures. ``decoded_images`` brings all to one size, out of
``cache``, in memory (``decoding``) or as they are wanted (``streaming``). ``splitting`` divides
sets, ``leakage`` finds what two of them share, ``cropping`` cuts faces out.
"""

from typing import TYPE_CHECKING, Any

from crs_plugin.data.dataset import DataError, FaceDataset, concatenate
from crs_plugin.data.splitting import split_off

if TYPE_CHECKING:
    from crs_plugin.data.decoding import decode

__all__ = ["DataError", "FaceDataset", "concatenate", "decode", "split_off"]


def __getattr__(name: str) -> Any:
    """Return ``decode``, which is imported when it is asked for: it needs PyTorch."""
    if name == "decode":
        from crs_plugin.data.decoding import decode

        return decode
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
