"""Features that somebody has computed elsewhere, in place of an encoder."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from crs_plugin.data.dataset import FaceDataset, Images
from crs_plugin.data.layouts.label_tables import read_rows
from crs_plugin.errors import InputError
from crs_plugin.evaluation.features.traced_images import TracedImages

SUFFIX = ".npy"

_ROWS_AT_ONCE = 8192


@dataclass(frozen=True)
class StoredFeatures:
    """The features of one data set, from a file; nothing else has features.

    Attributes:
        file: Where they come from.
        images: The N images of the data set, whole.
        features: ``[N, F]``, in the order of the images.
        order_was_checked: Whether a list of paths said which row is whose; otherwise the rows are
            taken in the order of the data.
    """

    file: Path
    images: Images
    features: NDArray[Any]
    order_was_checked: bool

    @classmethod
    def of(cls, file: Path, datasets: Sequence[FaceDataset]) -> "StoredFeatures":
        """Read a file of features ``[N, F]`` of the one data set that is evaluated.

        Where a list of paths lies beside it (``NAME.paths.csv`` with a column ``path``, as ``crs
        embed`` writes it), rows are matched by path, and there may be more than the data need.
        Without one, there must be as many rows as images, and they are taken in the order of the
        data.

        Args:
            file: A ``.npy`` file.
            datasets: All data sets of the evaluations, as a context has opened them.

        Raises:
            InputError: If the file is none, its numbers are not finite, its rows are not those of
                the data, the list cannot be read, or there are several data sets.
        """
        features = read_features(file)
        if len(datasets) != 1:
            names = ", ".join(dataset.name for dataset in datasets)
            raise InputError(
                f"{file} has the features of one data set, and the evaluations use"
                f" {len(datasets)}: {names}. Give the encoder itself, or evaluate one at a time:"
                " --data NAME --root DIR"
            )
        (dataset,) = datasets
        images = dataset.images
        whole = images.whole if isinstance(images, TracedImages) else images
        paths = _paths_beside(file)
        if paths is None:
            _check_number(file, len(features), dataset)
            return cls(file, whole, features, order_was_checked=False)
        if len(paths) != len(features):
            raise InputError(
                f"{file} has {len(features):,} rows, and {_list_beside(file).name} beside it names"
                f" {len(paths):,} paths: they do not belong together"
            )
        rows = _matched(file, paths, [whole.name(i) for i in range(len(whole))], dataset.name)
        return cls(file, whole, features[rows], order_was_checked=True)

    def rows(self, dataset: FaceDataset, rows: NDArray[np.int64]) -> torch.Tensor:
        """Return the features float32 ``[K, F]`` of some images of the whole data set.

        Raises:
            InputError: If it is another data set.
        """
        if dataset.images is not self.images:
            raise InputError(f"{self.file} has no features of {dataset.name}")
        return torch.from_numpy(np.asarray(self.features[rows], dtype=np.float32))

    def embed(self, images: torch.Tensor) -> torch.Tensor:
        """Refuse: what the images are is not known.

        Raises:
            InputError: Always.
        """
        raise InputError(
            f"{self.file} has features of the data as they are, and this evaluation needs those of"
            " changed images, or the network itself: give the encoder"
        )

    @property
    def note(self) -> str:
        """What a reader of the figures must know."""
        if self.order_was_checked:
            return f"The features come from {self.file.name}; its rows were matched by path."
        return (
            f"The features come from {self.file.name}, one row for each image in the order of the"
            " data. The number of rows is right; nothing says whether their order is."
        )


def read_features(file: Path) -> NDArray[Any]:
    """Return the features ``[N, F]`` in a ``.npy`` file, mapped into memory.

    Raises:
        InputError: If there is no such file, or it holds something else or numbers that are not
            finite.
    """
    try:
        features: NDArray[Any] = np.load(file, mmap_mode="r", allow_pickle=False)
    except FileNotFoundError:
        raise InputError(f"no file of features {file}") from None
    except Exception as error:  # NumPy reads the header of a damaged file as Python code
        raise InputError(
            f"{file} is no .npy file of numbers, or it was cut short: {error}"
        ) from error
    if not isinstance(features, np.ndarray) or features.ndim != 2 or features.dtype.kind != "f":
        shape, dtype = getattr(features, "shape", "?"), getattr(features, "dtype", "?")
        raise InputError(
            f"{file} holds {dtype} {list(shape)}; features are floats [N, F], one row an image"
        )
    for start in range(0, len(features), _ROWS_AT_ONCE):
        finite = np.isfinite(features[start : start + _ROWS_AT_ONCE]).all(axis=1)
        if not finite.all():
            raise InputError(
                f"{file}: row {start + int(np.argmin(finite)):,} (the first is 0) has features that"
                " are not finite"
            )
    return features


def _list_beside(file: Path) -> Path:
    return file.with_suffix(".paths.csv")


def _paths_beside(file: Path) -> list[str] | None:
    beside = _list_beside(file)
    if not beside.is_file():
        return None
    return [row.cells[0] for row in read_rows(beside, ("path",))]


def _check_number(file: Path, rows: int, dataset: FaceDataset) -> None:
    if rows == len(dataset):
        return
    counts = ", ".join(f"{name} {sum(row.values()):,}" for name, row in dataset.counts().items())
    raise InputError(
        f"{file} has {rows:,} rows, and {dataset.name} has {len(dataset):,} images ({counts});"
        f" there must be one row for each, in that order, or a list of paths in"
        f" {_list_beside(file).name} beside it"
    )


def _matched(file: Path, paths: list[str], names: list[str], data: str) -> NDArray[np.int64]:
    """Return the row of each image, by its path or, in another place, by its path below the top."""
    for shortened in (_absolute, _below_the_top):
        places = shortened(paths)
        row_of = {path: row for row, path in enumerate(places)}
        wanted = shortened(names)
        if len(row_of) == len(places) and all(name in row_of for name in wanted):
            return np.array([row_of[name] for name in wanted], dtype=np.int64)
    known = set(_absolute(paths))
    missing = [name for name in _absolute(names) if name not in known]
    shown = ", ".join(missing[:3]) + ", …" * (len(missing) > 3)
    what = f"it lacks {len(missing):,}: {shown}" if missing else "some stand there twice"
    raise InputError(
        f"{_list_beside(file)} does not name every image of {data} once; {what}. Remove the list"
        " only if the rows are in the order of the data"
    )


def _absolute(paths: list[str]) -> list[str]:
    return [os.path.abspath(path) for path in paths]


def _below_the_top(paths: list[str]) -> list[str]:
    whole = _absolute(paths)
    top = os.path.commonpath([os.path.dirname(path) for path in whole]) if whole else ""
    return [os.path.relpath(path, top) for path in whole]
