"""Safetensors files that describe themselves: tensors, with JSON in the metadata."""

import json
from collections.abc import Mapping
from hashlib import blake2b
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor

from crs_plugin import __version__
from crs_plugin.errors import InputError
from crs_plugin.files import write_atomically

_CHECKSUM = "checksum"
"""Key of the metadata with a digest of the tensors and the description."""


def write_described_file(
    path: Path, tensors: Mapping[str, Tensor], key: str, description: str
) -> None:
    """Write tensors and the description under a key of the metadata, atomically.

    Raises:
        InputError: If the file cannot be written there.
    """
    # A copy of each: safetensors takes neither other memory formats nor shared storage
    copies = {name: x.detach().cpu().contiguous().clone() for name, x in tensors.items()}
    content = save(copies, metadata={key: description, _CHECKSUM: _checksum(copies, description)})
    try:
        write_atomically(path, content)
    except OSError as error:
        what = key.rpartition(".")[2]
        raise InputError(f"cannot write the {what} to {path}: {error.strerror}") from error


def read_described_file(path: Path, key: str, otherwise: str = "") -> tuple[dict[str, Tensor], str]:
    """Return tensors (on the CPU) and description.

    Args:
        path: The file.
        key: ``crs_plugin.encoder``, ``crs_plugin.classifier``: what the file has to be.
        otherwise: What to do with safetensors that are something else, after a semicolon.

    Raises:
        InputError: If there is no such file, it is cut short or damaged, or it is something else.
    """
    what = key.rpartition(".")[2]
    if not path.is_file():
        raise InputError(f"no {what} file {path}" + (": a folder" if path.is_dir() else ""))
    try:
        with safe_open(path, framework="pt") as handle:
            metadata = handle.metadata() or {}
            if key not in metadata:
                found = [name.rpartition(".")[2] for name in metadata if name.startswith("crs_")]
                other = f"; it is one of our {found[0]}s" if found else otherwise
                raise InputError(
                    f"{path} is a safetensors file but no {what} of crs_plugin (its metadata lack"
                    f" {key!r}){other}"
                )
            names = handle.keys()
            tensors = {name: handle.get_tensor(name) for name in names}
    except SafetensorError as error:
        raise InputError(
            f"{path} is no {what} file, or it was cut short: not readable as safetensors ({error})"
        ) from error
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror or error}") from error
    # Files of others, which follow the format, need not have one.
    if metadata.get(_CHECKSUM, "") not in ("", _checksum(tensors, metadata[key])):
        raise InputError(f"{path} is damaged: its content is not what was written (checksum)")
    return tensors, metadata[key]


def _checksum(tensors: Mapping[str, Tensor], description: str) -> str:
    digest = blake2b(description.encode(), digest_size=16)
    for name, tensor in sorted(tensors.items()):
        digest.update(f"\0{name}\0{tensor.dtype}\0{list(tensor.shape)}\0".encode())
        digest.update(tensor.reshape(-1).view(torch.uint8).numpy().data)
    return digest.hexdigest()


def read_description(text: str, source: str, newest: int) -> dict[str, Any]:
    """Return the entries of a description in JSON whose format this package reads.

    Args:
        text: The JSON text.
        source: Where it comes from, for errors.
        newest: Newest ``format_version`` that is read.

    Raises:
        InputError: If it is no such JSON, or of a newer format.
    """
    try:
        entries = json.loads(text)
    except json.JSONDecodeError as error:
        raise InputError(f"{source} is damaged: its description is no JSON ({error})") from None
    version = entries.get("format_version") if isinstance(entries, dict) else None
    if not isinstance(version, int):
        raise InputError(f"{source} is damaged: its description has no format_version")
    if version > newest:
        raise InputError(
            f"{source} has format version {version}, written by crs_plugin"
            f" {entries.get('crs_plugin_version', '?')}; this crs_plugin"
            f" {__version__} reads up to version {newest}: update it"
        )
    known: dict[str, Any] = entries
    return known
