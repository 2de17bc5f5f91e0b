"""Paths and features as a file for other programs: Parquet, CSV or NumPy's own."""

import csv
import os
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from crs_plugin.errors import InputError
from crs_plugin.files import atomic_path
from crs_plugin.output_place import check_output_file
from crs_plugin.registry import MissingExtraError

SUFFIXES = (".parquet", ".csv", ".npy")


def check_feature_file(file: Path) -> None:
    """Refuse a file that no features can be written to, before any are computed.

    Raises:
        InputError: If its name ends otherwise, it is a folder, or its folder does not exist or may
            not be written to.
        MissingExtraError: If it is to be Parquet, and pyarrow is not installed.
    """
    if file.suffix.lower() not in SUFFIXES:
        raise InputError(f"{file}: a file of features ends in {', '.join(SUFFIXES)}")
    if file.is_dir():
        raise InputError(f"{file} is a folder; name a file")
    check_output_file(file, "the features")
    if file.suffix.lower() == ".parquet":
        try:
            import pyarrow  # noqa: F401
        except ImportError as error:
            raise MissingExtraError(str(file), "parquet") from error


def write_feature_table(
    file: Path, paths: Sequence[str], features: NDArray[np.float32], encoder: str
) -> list[Path]:
    """Write paths and features, atomically, and return the files.

    - ``.parquet``: columns ``path`` and ``features`` (a list of F floats); the encoder's digest in
      the schema's metadata under ``crs_plugin.digest``;
    - ``.csv``: columns ``path``, ``f0`` …, with as many digits as float32 has;
    - ``.npy``: float32 ``[N, F]``; the paths beside it in ``NAME.paths.csv``.

    Args:
        file: Where to.
        paths: N paths; what is not UTF-8 in them is replaced.
        features: ``[N, F]``.
        encoder: Digest of the encoder.
    """
    names = [os.fsencode(path).decode("utf-8", "replace") for path in paths]
    kind = file.suffix.lower()
    if kind == ".parquet":
        _write_parquet(file, names, features, encoder)
    elif kind == ".csv":
        header = ["path", *(f"f{i}" for i in range(features.shape[1]))]
        numbers = ([f"{x:.9g}" for x in row] for row in features)
        rows = ([name, *row] for name, row in zip(names, numbers, strict=True))
        _write_csv(file, header, rows)
    else:
        beside = file.with_suffix(".paths.csv")
        _write_csv(beside, ["path"], ([name] for name in names))
        with atomic_path(file) as temporary, temporary.open("wb") as handle:
            np.save(handle, features, allow_pickle=False)
        return [file, beside]
    return [file]


def _write_parquet(
    file: Path, names: Sequence[str], features: NDArray[np.float32], encoder: str
) -> None:
    import pyarrow
    from pyarrow import parquet

    width = features.shape[1]
    flat = pyarrow.array(features.reshape(-1), pyarrow.float32())
    rows = pyarrow.FixedSizeListArray.from_arrays(flat, width)
    table = pyarrow.table({"path": pyarrow.array(names, pyarrow.string()), "features": rows})
    table = table.replace_schema_metadata({"crs_plugin.digest": encoder})
    with atomic_path(file) as temporary:
        parquet.write_table(table, temporary)


def _write_csv(file: Path, header: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    with atomic_path(file) as part, part.open("w", newline="", encoding="utf-8") as handle:
        writer = csv.writer(handle, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)
