"""Which shards there are: in a folder, or at addresses."""

import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from crs_plugin.data.dataset import DataError
from crs_plugin.data.layouts.litter import is_litter
from crs_plugin.data.layouts.roots import what_is_at
from crs_plugin.data.shards.remote import expanded, small_file
from crs_plugin.data.shards.shard import is_remote

LIST = "shards.json"
"""The file that says how many shards a folder has; ``crs data shard`` writes it."""

_PACKED = (".tar.gz", ".tgz", ".tar.bz2", ".tar.xz", ".tar.zst")


def shard_name(number: int) -> str:
    """Return what a shard is called, by its number from 0."""
    return f"shard-{number:06d}.tar"


def in_folder(folder: Path) -> list[str]:
    """Return the paths of the shards in a folder and those below, in order of their names.

    Raises:
        DataError: If there is none, or one is missing that the folder's list has.
    """
    found = sorted(path for path in _files(folder) if path.name.endswith(".tar"))
    if (folder / LIST).is_file():
        for name in _listed((folder / LIST).read_bytes(), str(folder / LIST)):
            if folder / name not in found:
                raise DataError(
                    f"data set shards: {folder / name} is missing, one of the shards that"
                    f" {LIST} there names; if writing them was interrupted, 'crs data shard' goes"
                    " on with it"
                )
    if not found:
        packed = sorted(path.name for path in _files(folder) if path.name.endswith(_PACKED))
        remedy = f" {packed[0]} is compressed: unpack it to a .tar." if packed else ""
        raise DataError(
            f"data set shards: there is no .tar file in {folder} ({what_is_at(folder)}).{remedy}"
        )
    return [str(path) for path in found]


def at_addresses(addresses: Sequence[str]) -> list[str]:
    """Return the addresses of shards, given with braces or as that of a folder with a list.

    Raises:
        DataError: If one is none, the folder has no list, or there is no shard.
        UnreachableError: If the list cannot be read.
        MissingExtraError: Without the extra ``shards``.
    """
    found: list[str] = []
    for address in addresses:
        if not is_remote(address):
            raise DataError(
                f"option 'url': {address!r} has no protocol such as https:// or s3://; a folder on"
                " this machine is given as 'root'"
            )
        for one in expanded(address):
            found += [one] if one.endswith(".tar") else _in_list(one.rstrip("/"))
    if not found:
        raise DataError(
            "option 'url': no shard is named; write an address, or several, such as"
            " https://host/faces/train-{000000..000146}.tar"
        )
    return found


def _in_list(folder: str) -> list[str]:
    where = f"{folder}/{LIST}"
    text = small_file(where)
    if text is None:
        raise DataError(
            f"option 'url': there is no {where}, which 'crs data shard' writes; name shards of"
            f" others one by one, as in {folder}/{{000000..000146}}.tar"
        )
    return [f"{folder}/{name}" for name in _listed(text, where)]


def _listed(text: bytes, where: str) -> list[str]:
    try:
        told: dict[str, Any] = json.loads(text)
        return [shard_name(number) for number in range(int(told["shards"]))]
    except (ValueError, TypeError, KeyError) as error:
        raise DataError(f"{where}: does not say how many shards there are") from error


def _files(folder: Path) -> list[Path]:
    walked = ((Path(inside), names) for inside, _, names in os.walk(folder))
    return [inside / name for inside, names in walked for name in names if not is_litter(name)]
