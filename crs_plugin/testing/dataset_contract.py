"""The contract of a data set: what the rest of the package relies on once it is opened."""

import pickle
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import fields
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from crs_plugin.data.dataset import SPLITS, BulkImages, FaceDataset
from crs_plugin.expressions import ALL_EXPRESSIONS, UNLABELLED
from crs_plugin.testing.contract import Clause, Make, NotCheckedError, check_clauses, require

_DTYPES = {"fine": np.int16, "split": np.int8, "subject": np.int32}
_MOST_READ = 100
_MOST_COMPARED = 10
_BULK_SIZE = 24


def check_dataset(
    make: Callable[[], FaceDataset], clauses: Sequence[Clause] | None = None
) -> dict[str, str]:
    """Check that an opened data set is one that can be trained and tested on.

    Example, in a test of your own, on a small folder in the set's real layout::

        def test_my_faces_keep_the_contract(tmp_path):
            write_some_faces(tmp_path)
            check_dataset(lambda: my_faces(root=tmp_path))

    Args:
        make: Opens the data set, anew each time. Of its images 100 are read.
        clauses: What is checked; by default all ``DATASET_CLAUSES``.

    Returns:
        Name → reason of the clauses that do not apply.

    Raises:
        ContractError: If clauses are broken; the message names each, with what was found.
    """
    return check_clauses(make, DATASET_CLAUSES if clauses is None else clauses)


def is_a_named_set_of_images(make: Make) -> None:
    """It is a ``FaceDataset`` with a name and at least one image."""
    dataset = make()
    require(isinstance(dataset, FaceDataset), f"it is a {type(dataset).__name__}")
    require(dataset.name.strip(), "its name is empty")
    require(len(dataset) > 0, "it has no image")


def columns_fit_the_images(make: Make) -> None:
    """Each column has one entry per image, in its own dtype."""
    dataset = make()
    for column, values in _columns(dataset).items():
        found = f"{column} has {len(values)} entries for {len(dataset.images)} images"
        require(len(values) == len(dataset.images), found)
    for column, dtype in _DTYPES.items():
        values = getattr(dataset, column)
        require(values.ndim == 1, f"{column} has the shape {list(values.shape)}")
        require(values.dtype == dtype, f"{column} is {values.dtype}, not {np.dtype(dtype)}")


def labels_are_known_expressions(make: Make) -> None:
    """Fine ids are indices into ``ALL_EXPRESSIONS``, or ``UNLABELLED``."""
    _require_ids("fine", make().fine, UNLABELLED, len(ALL_EXPRESSIONS))


def splits_are_known(make: Make) -> None:
    """Split codes are indices into ``SPLITS``."""
    _require_ids("split", make().split, 0, len(SPLITS))


def persons_are_numbers(make: Make) -> None:
    """Ids of persons are numbers from 0, or -1 where unknown."""
    least = int(make().subject.min(initial=0))
    require(least >= -1, f"subject has the id {least}; an unknown person is -1")


def names_tell_images_apart(make: Make) -> None:
    """No two images have one name."""
    times = Counter(_names(make()))
    require(all(isinstance(name, str) and name for name in times), "an image has no name")
    [(name, most)] = times.most_common(1)
    require(most == 1, f"{most} images are called {name}")


def images_can_be_read(make: Make) -> None:
    """They are uint8 [1 or 3, H, W], and the same each time."""
    images = make().images
    for index in _some(len(images), _MOST_READ):
        image = images.read(index)
        of = f"image {images.name(index)} is"
        require(isinstance(image, torch.Tensor), f"{of} a {type(image).__name__}, no tensor")
        require(image.dtype == torch.uint8, f"{of} {image.dtype}, not uint8")
        shape = list(image.shape)
        require(len(shape) == 3 and shape[0] in (1, 3) and min(shape) > 0, f"{of} {shape}")
    first = images.read(0)
    require(torch.equal(first, images.read(0)), "read again, an image is another one")


def bulk_reading_gives_one_size(make: Make) -> None:
    """Where images can be read all at once, they are uint8 [N, 1 or 3, size, size]."""
    dataset = make()
    images = dataset.images.take(_indices(_some(len(dataset), _MOST_COMPARED)))
    if not isinstance(images, BulkImages):
        raise NotCheckedError("its images are read one by one")
    found = images.read_all(_BULK_SIZE)
    shape = list(found.shape)
    wanted = [[len(images), channels, _BULK_SIZE, _BULK_SIZE] for channels in (1, 3)]
    require(shape in wanted and found.dtype == torch.uint8, f"it gives {found.dtype} {shape}")


def taking_keeps_records_whole(make: Make) -> None:
    """``take`` gives the records of some indices in their order, images with their labels."""
    dataset = make()
    count = len(dataset)
    chosen = _indices([count - 1, 0, count // 2, 0])
    taken = dataset.take(chosen)
    for column, values in _columns(dataset).items():
        kept = np.array_equal(_columns(taken)[column], values[chosen])
        require(kept, f"{column} is not that of the records that were taken")
    require(
        [taken.images.name(i) for i in range(len(taken.images))]
        == [dataset.images.name(int(i)) for i in chosen],
        "the names are not those of the records that were taken",
    )
    _require_same_pixels(taken, dataset.images.read(count - 1), 0, "taken first, the last image")
    again = taken.take(_indices([1]))
    _require_same_pixels(again, dataset.images.read(0), 0, "taken twice, the first image")
    require(len(dataset.take(_indices([]))) == 0, "taking nothing leaves something")
    require(len(dataset) == count, "taking changes the data set itself")


def what_is_left_out_has_reasons(make: Make) -> None:
    """``skipped`` is a mapping of reasons in words to how many, at least one each."""
    skipped = make().skipped
    require(isinstance(skipped, Mapping), f"skipped is a {type(skipped).__name__}")
    for reason, count in skipped.items():
        require(isinstance(reason, str) and reason.strip(), f"a reason is {reason!r}")
        whole = isinstance(count, int) and not isinstance(count, bool) and count > 0
        require(whole, f"{reason!r} is counted {count!r} times")


def opening_again_gives_the_same(make: Make) -> None:
    """Records come in the same order each time, with the same things left out."""
    _require_same(make(), make(), "opened again")


def pickling_keeps_it(make: Make) -> None:
    """It can be handed to worker processes."""
    dataset = make()
    _require_same(pickle.loads(pickle.dumps(dataset)), dataset, "unpickled")


DATASET_CLAUSES: tuple[Clause, ...] = (
    is_a_named_set_of_images,
    columns_fit_the_images,
    labels_are_known_expressions,
    splits_are_known,
    persons_are_numbers,
    names_tell_images_apart,
    images_can_be_read,
    bulk_reading_gives_one_size,
    taking_keeps_records_whole,
    what_is_left_out_has_reasons,
    opening_again_gives_the_same,
    pickling_keeps_it,
)
"""All of the contract, in the order in which they are checked."""


def _columns(dataset: FaceDataset) -> dict[str, NDArray[Any]]:
    values = {field.name: getattr(dataset, field.name) for field in fields(dataset)}
    return {name: value for name, value in values.items() if isinstance(value, np.ndarray)}


def _names(dataset: FaceDataset) -> list[str]:
    return [dataset.images.name(i) for i in range(len(dataset.images))]


def _some(count: int, most: int) -> list[int]:
    """Return up to ``most`` indices that are spread over all."""
    return [int(i) for i in np.unique(np.linspace(0, count - 1, min(count, most)).round())]


def _indices(values: Iterable[int]) -> NDArray[np.int64]:
    return np.array(list(values), dtype=np.int64)


def _require_ids(column: str, values: NDArray[Any], least: int, end: int) -> None:
    found = [int(value) for value in (values.min(), values.max())] if len(values) else [least] * 2
    require(
        found[0] >= least and found[1] < end,
        f"{column} has ids from {found[0]} to {found[1]}, not within {least} to {end - 1}",
    )


def _require_same_pixels(dataset: FaceDataset, image: torch.Tensor, index: int, what: str) -> None:
    require(torch.equal(dataset.images.read(index), image), f"{what} has other pixels")


def _require_same(found: FaceDataset, expected: FaceDataset, what: str) -> None:
    require(_names(found) == _names(expected), f"{what}, its images or their order are others")
    for column, values in _columns(expected).items():
        same = np.array_equal(_columns(found)[column], values)
        require(same, f"{what}, the column {column} is another one")
    require(dict(found.skipped) == dict(expected.skipped), f"{what}, skipped is {found.skipped}")
    for index in _some(len(expected), _MOST_COMPARED):
        of = f"{what}, image {expected.images.name(index)}"
        _require_same_pixels(found, expected.images.read(index), index, of)
