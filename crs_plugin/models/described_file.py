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
"""Entry of the description with a digest of the tensors and the other entries. It has no key of its
own in the metadata: several are written in any order, and the same run is to give the same file."""


def write_described_file(
    path: Path, tensors: Mapping[str, Tensor], key: str, description: str
) -> None:
    """Write tensors and the description, a JSON object, under a key of the metadata, atomically.

    Raises:
        InputError: If the file cannot be written there.
    """
    # A copy of each: safetensors takes neither other memory formats nor shared storage
    copies = {name: x.detach().cpu().contiguous().clone() for name, x in tensors.items()}
    entries = json.loads(description)
    told = json.dumps({**entries, _CHECKSUM: _checksum(copies, entries)}, ensure_ascii=False)
    content = save(copies, metadata={key: told})
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
    return tensors, _checked(path, tensors, metadata[key])


def _checked(path: Path, tensors: Mapping[str, Tensor], told: str) -> str:
    """Return the description without its checksum, which is right where there is one."""
    try:
        entries = json.loads(told)
    except json.JSONDecodeError:
        return told  # whoever reads it says so
    if not isinstance(entries, dict) or _CHECKSUM not in entries:
        return told
    checksum = entries.pop(_CHECKSUM)
    if checksum != _checksum(tensors, entries):
        raise InputError(f"{path} is damaged: its content is not what was written (checksum)")
    return json.dumps(entries, ensure_ascii=False)


def _checksum(tensors: Mapping[str, Tensor], entries: Mapping[str, Any]) -> str:
    digest = blake2b(json.dumps(entries, sort_keys=True).encode(), digest_size=16)
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
